// tsker image prune [OPTIONS]: remove images that nobody uses.
import type { ApiClient } from '../../client/client.ts';
import type { ImagesPruneResponse } from '../../types/image.ts';
import { defineCommand } from '../command.ts';
import { confirm } from '../confirm.ts';
import { parseFilters } from '../flags/filters.ts';
import { defineFlags } from '../flags/spec.ts';
import { type Pruned, prunedText } from '../output/pruned.ts';

const flags = defineFlags({
  all: { kind: 'boolean', short: 'a', summary: 'Remove all unused images, not just dangling ones' },
  filter: { kind: 'list', value: 'filter', summary: 'Provide filter values (e.g. "until=<timestamp>")' },
  force: { kind: 'boolean', short: 'f', summary: 'Do not prompt for confirmation' },
});

export const pruneImages = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [['image prune -af --filter until=24h', 'All that nobody uses and that is older than a day']],
  async run({ client, flags, io }) {
    const all = flags.all === true;
    const which = all ? 'all images without at least one container associated to them' : 'all dangling images';
    if (flags.force !== true && !(await confirm(io, `WARNING! This will remove ${which}.`))) return 0;
    io.stdout.write(prunedText([await removeImages(client, { all, filter: flags.filter })]));
    return 0;
  },
});

export async function removeImages(
  client: ApiClient,
  { all, filter }: { readonly all: boolean; readonly filter: readonly string[] },
): Promise<Pruned> {
  const filters = parseFilters([`dangling=${!all}`, ...filter]);
  const { ImagesDeleted, SpaceReclaimed } = await client.json<ImagesPruneResponse>('POST', '/images/prune', {
    query: { filters },
  });
  const lines = (ImagesDeleted ?? []).map((item) =>
    'Untagged' in item ? `untagged: ${item.Untagged}` : `deleted: ${item.Deleted}`,
  );
  return { title: 'Deleted Images', lines, bytes: SpaceReclaimed };
}
