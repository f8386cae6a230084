// tsker container prune [OPTIONS]: remove all containers that do not run.
import type { ApiClient } from '../../client/client.ts';
import type { ContainersPruneResponse } from '../../types/container.ts';
import { defineCommand } from '../command.ts';
import { confirm } from '../confirm.ts';
import { parseFilters } from '../flags/filters.ts';
import { defineFlags } from '../flags/spec.ts';
import { type Pruned, prunedText } from '../output/pruned.ts';

const flags = defineFlags({
  filter: { kind: 'list', value: 'filter', summary: 'Provide filter values (e.g. "until=<timestamp>")' },
  force: { kind: 'boolean', short: 'f', summary: 'Do not prompt for confirmation' },
});

export const pruneContainers = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [['container prune -f --filter until=24h', 'Those that were created more than a day ago']],
  async run({ client, flags, io }) {
    const warning = 'WARNING! This will remove all stopped containers.';
    if (flags.force !== true && !(await confirm(io, warning))) return 0;
    io.stdout.write(prunedText([await removeContainers(client, flags.filter)]));
    return 0;
  },
});

export async function removeContainers(client: ApiClient, filter: readonly string[]): Promise<Pruned> {
  const query = { filters: parseFilters(filter) };
  const { ContainersDeleted, SpaceReclaimed } = await client.json<ContainersPruneResponse>(
    'POST',
    '/containers/prune',
    {
      query,
    },
  );
  return { title: 'Deleted Containers', lines: ContainersDeleted ?? [], bytes: SpaceReclaimed };
}
