// tsker builder prune [OPTIONS]: remove what is kept of builds.
import type { ApiClient } from '../../client/client.ts';
import { defineCommand } from '../command.ts';
import { confirm } from '../confirm.ts';
import { parseFilters } from '../flags/filters.ts';
import { defineFlags } from '../flags/spec.ts';
import { type Pruned, prunedText } from '../output/pruned.ts';

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
    const options = { all, filter: flags.filter, keepStorage: flags['keep-storage'] };
    io.stdout.write(prunedText([await removeBuildCache(client, options)]));
    return 0;
  },
});

export async function removeBuildCache(
  client: ApiClient,
  options: {
    readonly all: boolean;
    readonly filter: readonly string[];
    /** Bytes. */
    readonly keepStorage?: number | undefined;
  },
): Promise<Pruned> {
  const { CachesDeleted, SpaceReclaimed } = await client.json<BuildPruneResponse>('POST', '/build/prune', {
    query: {
      all: options.all ? true : undefined,
      'keep-storage': options.keepStorage,
      filters: parseFilters(options.filter),
    },
  });
  return { title: 'Deleted build cache objects', lines: CachesDeleted ?? [], bytes: SpaceReclaimed };
}
