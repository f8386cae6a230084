// tsker volume prune [OPTIONS]: remove local volumes that no container has.
import type { ApiClient } from '../../client/client.ts';
import type { VolumesPruneResponse } from '../../types/volume.ts';
import { defineCommand } from '../command.ts';
import { confirm } from '../confirm.ts';
import { parseFilters } from '../flags/filters.ts';
import { defineFlags } from '../flags/spec.ts';
import { type Pruned, prunedText } from '../output/pruned.ts';
import { UsageError } from '../usage-error.ts';

const flags = defineFlags({
  all: { kind: 'boolean', short: 'a', summary: 'Remove all unused volumes, not just anonymous ones' },
  filter: { kind: 'list', value: 'filter', summary: 'Provide filter values (e.g. "label=<label>")' },
  force: { kind: 'boolean', short: 'f', summary: 'Do not prompt for confirmation' },
});

export const pruneVolumes = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [['volume prune -af --filter label=stage=test', 'All that bear the label and that no container has']],
  async run({ client, flags, io }) {
    const all = flags.all === true;
    if (all && flags.filter.some((filter) => filter.startsWith('all='))) {
      throw new UsageError('conflicting options: cannot specify both --all and --filter all=1');
    }
    const which = all ? 'all local volumes' : 'anonymous local volumes';
    const warning = `WARNING! This will remove ${which} not used by at least one container.`;
    if (flags.force !== true && !(await confirm(io, warning))) return 0;
    const filter = [...flags.filter, ...(all ? ['all=true'] : [])];
    io.stdout.write(prunedText([await removeUnusedVolumes(client, filter)]));
    return 0;
  },
});

export async function removeUnusedVolumes(client: ApiClient, filter: readonly string[]): Promise<Pruned> {
  const query = { filters: parseFilters(filter) };
  const { VolumesDeleted, SpaceReclaimed } = await client.json<VolumesPruneResponse>('POST', '/volumes/prune', {
    query,
  });
  return { title: 'Deleted Volumes', lines: VolumesDeleted ?? [], bytes: SpaceReclaimed };
}
