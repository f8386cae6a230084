// tsker images [OPTIONS] [REPOSITORY[:TAG]]: list images, a line a tag.
import type { ImageSummary } from '../../types/image.ts';
import { defineCommand } from '../command.ts';
import { parseFilters } from '../flags/filters.ts';
import { FORMAT_FLAGS } from '../flags/format.ts';
import { defineFlags } from '../flags/spec.ts';
import { IMAGE_HEADERS, imageRows } from '../output/image-row.ts';
import { renderList } from '../output/list.ts';

const flags = defineFlags({
  all: { kind: 'boolean', short: 'a', summary: 'Show all images (default hides intermediate images)' },
  digests: { kind: 'boolean', summary: 'Show digests' },
  filter: { kind: 'list', short: 'f', value: 'filter', summary: 'Filter output based on conditions provided' },
  ...FORMAT_FLAGS,
  'no-trunc': { kind: 'boolean', summary: "Don't truncate output" },
  quiet: { kind: 'boolean', short: 'q', summary: 'Only show image IDs' },
});

export const images = defineCommand({
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  flags,
  args: { min: 0, max: 1 },
  examples: [
    ['images --filter dangling=true', 'Images without a tag'],
    ["images --format '{{.Repository}}:{{.Tag}}'", 'Names only'],
  ],
  async run({ client, flags, args, io }) {
    const [reference] = args;
    const filters = parseFilters([...flags.filter, ...(reference === undefined ? [] : [`reference=${reference}`])]);
    const wantsDigests = flags.digests === true || flags.format?.includes('.Digest') === true;
    const found = await client.json<readonly ImageSummary[]>('GET', '/images/json', {
      query: { all: flags.all || undefined, digests: wantsDigests || undefined, filters },
    });
    const rows = found.flatMap((image) =>
      imageRows(image, { noTrunc: flags['no-trunc'] === true, digests: wantsDigests, now: Date.now() }),
    );
    if (flags.quiet === true && flags.format === undefined) {
      io.stdout.write(rows.map(({ ID }) => `${ID}\n`).join(''));
      return 0;
    }
    const digest = flags.digests === true ? ['Digest'] : [];
    const columns = ['Repository', 'Tag', ...digest, 'ID', 'CreatedSince', 'Size'];
    io.stdout.write(await renderList({ rows, headers: IMAGE_HEADERS, columns }, flags.format, io));
    return 0;
  },
});
