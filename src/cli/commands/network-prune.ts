// tsker network prune [OPTIONS]: remove networks that no container is on.
import type { ApiClient } from '../../client/client.ts';
import type { NetworksPruneResponse } from '../../types/network.ts';
import { defineCommand } from '../command.ts';
import { confirm } from '../confirm.ts';
import { parseFilters } from '../flags/filters.ts';
import { defineFlags } from '../flags/spec.ts';
import { type Pruned, prunedList } from '../output/pruned.ts';

const flags = defineFlags({
  filter: { kind: 'list', value: 'filter', summary: 'Provide filter values (e.g. "until=<timestamp>")' },
  force: { kind: 'boolean', short: 'f', summary: 'Do not prompt for confirmation' },
});

export const pruneNetworks = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [['network prune -f --filter until=24h', 'Those that were created more than a day ago']],
  async run({ client, flags, io }) {
    const warning = 'WARNING! This will remove all custom networks not used by at least one container.';
    if (flags.force !== true && !(await confirm(io, warning))) return 0;
    io.stdout.write(prunedList(await removeUnusedNetworks(client, flags.filter)));
    return 0;
  },
});

export async function removeUnusedNetworks(client: ApiClient, filter: readonly string[]): Promise<Pruned> {
  const query = { filters: parseFilters(filter) };
  const { NetworksDeleted } = await client.json<NetworksPruneResponse>('POST', '/networks/prune', { query });
  return { title: 'Deleted Networks', lines: NetworksDeleted ?? [], bytes: 0 };
}
