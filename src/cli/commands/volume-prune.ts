// tsker volume prune [OPTIONS]: remove local volumes that no container has.
import type { VolumesPruneResponse } from '../../types/volume.ts';
import { defineCommand } from '../command.ts';
import { confirm } from '../confirm.ts';
import { parseFilters } from '../flags/filters.ts';
import { defineFlags } from '../flags/spec.ts';
import { humanSize } from '../output/human.ts';
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
    const query = { filters: parseFilters([...flags.filter, ...(all ? ['all=true'] : [])]) };
    const { VolumesDeleted: names, SpaceReclaimed: bytes } = await client.json<VolumesPruneResponse>(
      'POST',
      '/volumes/prune',
      { query },
    );
    const list = names === null || names.length === 0 ? '' : `Deleted Volumes:\n${names.join('\n')}\n\n`;
    io.stdout.write(`${list}Total reclaimed space: ${humanSize(bytes)}\n`);
    return 0;
  },
});
