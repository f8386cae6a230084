// tsker network ls [OPTIONS]: list networks.
import type { NetworkResource } from '../../types/network.ts';
import { defineCommand } from '../command.ts';
import { parseFilters } from '../flags/filters.ts';
import { FORMAT_FLAGS } from '../flags/format.ts';
import { defineFlags } from '../flags/spec.ts';
import { renderList } from '../output/list.ts';
import { NETWORK_HEADERS, networkRow } from '../output/network-row.ts';
import { naturalOrder } from './volume-ls.ts';

const flags = defineFlags({
  filter: { kind: 'list', short: 'f', value: 'filter', summary: 'Provide filter values (e.g. "driver=bridge")' },
  ...FORMAT_FLAGS,
  'no-trunc': { kind: 'boolean', summary: 'Do not truncate the output' },
  quiet: { kind: 'boolean', short: 'q', summary: 'Only display network IDs' },
});

export const listNetworks = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [['network ls --filter type=custom', 'Those that were created']],
  async run({ client, flags, io }) {
    const query = { filters: parseFilters(flags.filter) };
    const networks = await client.json<readonly NetworkResource[]>('GET', '/networks', { query });
    const rows = networks
      .toSorted((a, b) => naturalOrder(a.Name, b.Name))
      .map((network) => networkRow(network, { noTrunc: flags['no-trunc'] === true }));
    if (flags.quiet === true && flags.format === undefined) {
      io.stdout.write(rows.map(({ ID }) => `${ID}\n`).join(''));
      return 0;
    }
    const columns = ['ID', 'Name', 'Driver', 'Scope'];
    io.stdout.write(await renderList({ rows, headers: NETWORK_HEADERS, columns }, flags.format, io));
    return 0;
  },
});
