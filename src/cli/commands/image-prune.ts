// tsker image prune [OPTIONS]: remove images that nobody uses.
import type { ImagesPruneResponse } from '../../types/image.ts';
import { defineCommand } from '../command.ts';
import { confirm } from '../confirm.ts';
import { parseFilters } from '../flags/filters.ts';
import { defineFlags } from '../flags/spec.ts';
import { humanSize } from '../output/human.ts';

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
    const filters = parseFilters([`dangling=${!all}`, ...flags.filter]);
    const { ImagesDeleted, SpaceReclaimed } = await client.json<ImagesPruneResponse>('POST', '/images/prune', {
      query: { filters },
    });
    const lines = (ImagesDeleted ?? []).map((item) =>
      'Untagged' in item ? `untagged: ${item.Untagged}` : `deleted: ${item.Deleted}`,
    );
    const list = lines.length === 0 ? '' : `Deleted Images:\n${lines.join('\n')}\n\n`;
    io.stdout.write(`${list}Total reclaimed space: ${humanSize(SpaceReclaimed)}\n`);
    return 0;
  },
});
