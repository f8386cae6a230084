// tsker ps [OPTIONS]: list containers.
import type { ContainerSummary } from '../../types/container.ts';
import { defineCommand } from '../command.ts';
import { parseFilters } from '../flags/filters.ts';
import { FORMAT_FLAGS } from '../flags/format.ts';
import { defineFlags } from '../flags/spec.ts';
import { CONTAINER_HEADERS, containerRow } from '../output/container-row.ts';
import { shortId } from '../output/human.ts';
import { renderList } from '../output/list.ts';

const COLUMNS = ['ID', 'Image', 'Command', 'RunningFor', 'Status', 'Ports', 'Names'];

const flags = defineFlags({
  all: { kind: 'boolean', short: 'a', summary: 'Show all containers (default shows just running)' },
  filter: { kind: 'list', short: 'f', value: 'filter', summary: 'Filter output based on conditions provided' },
  ...FORMAT_FLAGS,
  last: { kind: 'integer', short: 'n', summary: 'Show n last created containers (includes all states)' },
  latest: { kind: 'boolean', short: 'l', summary: 'Show the latest created container (includes all states)' },
  'no-trunc': { kind: 'boolean', summary: "Don't truncate output" },
  quiet: { kind: 'boolean', short: 'q', summary: 'Only display container IDs' },
  size: { kind: 'boolean', short: 's', summary: 'Display total file sizes' },
});

export const ps = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [
    ['ps -a --filter status=exited', 'Containers that have ended'],
    ["ps --format '{{.ID}}: {{.Names}}'", 'Ids and names only'],
  ],
  async run({ client, flags, io }) {
    const noTrunc = flags['no-trunc'] === true;
    const wantsSize = flags.size === true || /\.Size|json/.test(flags.format ?? '');
    const limit = flags.latest === true ? 1 : flags.last;
    const containers = await client.json<readonly ContainerSummary[]>('GET', '/containers/json', {
      query: {
        all: flags.all === true || undefined,
        limit: limit !== undefined && limit > 0 ? limit : undefined,
        size: wantsSize || undefined,
        filters: parseFilters(flags.filter),
      },
    });
    if (flags.quiet === true && flags.format === undefined) {
      io.print(containers.map(({ Id }) => `${noTrunc ? Id : shortId(Id)}\n`).join(''));
      return 0;
    }
    const now = Date.now();
    const view = {
      rows: containers.map((container) => containerRow(container, { noTrunc, now })),
      headers: CONTAINER_HEADERS,
      columns: flags.size === true ? [...COLUMNS, 'Size'] : COLUMNS,
      shrinkable: noTrunc ? [] : ['Ports', 'Command', 'Image'],
    };
    io.print(await renderList(view, flags.format, io));
    return 0;
  },
});
