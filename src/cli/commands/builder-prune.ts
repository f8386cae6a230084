// tsker builder prune [OPTIONS]: remove what is kept of builds.
import { defineCommand } from '../command.ts';
import { confirm } from '../confirm.ts';
import { parseFilters } from '../flags/filters.ts';
import { defineFlags } from '../flags/spec.ts';
import { humanSize } from '../output/human.ts';

const flags = defineFlags({
  all: { kind: 'boolean', short: 'a', summary: 'Remove all unused build cache, and contexts kept for the next build' },
  filter: { kind: 'list', value: 'filter', summary: 'Provide filter values (e.g. "until=24h")' },
  force: { kind: 'boolean', short: 'f', summary: 'Do not prompt for confirmation' },
  'keep-storage': { kind: 'bytes', value: 'bytes', summary: 'Amount of disk space to keep for cache' },
});

interface BuildPruneResponse {
  readonly CachesDeleted: readonly string[] | null;
  readonly SpaceReclaimed: number;
}

export const pruneBuilds = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [['builder prune -af', 'The next builds begin anew']],
  async run({ client, flags, io }) {
    const all = flags.all === true;
    const which = all ? 'all build cache' : 'all dangling build cache';
    if (flags.force !== true && !(await confirm(io, `WARNING! This will remove ${which}.`))) return 0;
    const { CachesDeleted, SpaceReclaimed } = await client.json<BuildPruneResponse>('POST', '/build/prune', {
      query: {
        all: all ? true : undefined,
        'keep-storage': flags['keep-storage'],
        filters: parseFilters(flags.filter),
      },
    });
    const names = CachesDeleted ?? [];
    const list = names.length === 0 ? '' : `Deleted build cache objects:\n${names.join('\n')}\n\n`;
    io.stdout.write(`${list}Total reclaimed space: ${humanSize(SpaceReclaimed)}\n`);
    return 0;
  },
});
