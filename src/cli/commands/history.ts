// tsker history [OPTIONS] IMAGE: the steps that made an image, newest first.
import type { ImageHistoryItem } from '../../types/image.ts';
import { defineCommand } from '../command.ts';
import { FORMAT_FLAGS } from '../flags/format.ts';
import { defineFlags } from '../flags/spec.ts';
import { humanAgo, humanSize, shortId } from '../output/human.ts';
import { renderList } from '../output/list.ts';
import { platformQuery } from '../platform.ts';
import { imagePath } from '../targets.ts';

const HEADERS = {
  ID: 'IMAGE',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  CreatedBy: 'CREATED BY',
  Size: 'SIZE',
  Comment: 'COMMENT',
};
const COLUMNS = ['ID', 'CreatedSince', 'CreatedBy', 'Size', 'Comment'];
const CREATED_BY_WIDTH = 45;

const flags = defineFlags({
  ...FORMAT_FLAGS,
  human: {
    kind: 'boolean',
    short: 'H',
    summary: 'Print sizes and dates in human readable format',
    shownDefault: 'true',
  },
  'no-trunc': { kind: 'boolean', summary: "Don't truncate output" },
  platform: { kind: 'string', value: 'os/arch', summary: 'Of the image of this platform' },
  quiet: { kind: 'boolean', short: 'q', summary: 'Only show image IDs' },
});

export const history = defineCommand({
  usage: '[OPTIONS] IMAGE',
  flags,
  args: { min: 1, max: 1 },
  examples: [['history --no-trunc busybox', 'Whole commands']],
  async run({ client, flags, args: [name = ''], io }) {
    const items = await client.json<readonly ImageHistoryItem[]>('GET', imagePath(name, 'history'), {
      query: { platform: platformQuery(flags.platform) },
    });
    const options = { whole: flags['no-trunc'] === true, human: flags.human !== false, now: Date.now() };
    const rows = items.map((item) => rowOf(item, options));
    if (flags.quiet === true) io.stdout.write(rows.map(({ ID }) => `${ID}\n`).join(''));
    else io.stdout.write(await renderList({ rows, headers: HEADERS, columns: COLUMNS }, flags.format, io));
    return 0;
  },
});

interface RowOptions {
  readonly whole: boolean;
  readonly human: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

function rowOf(item: ImageHistoryItem, { whole, human, now }: RowOptions) {
  const createdAt = new Date(item.Created * 1000).toISOString().replace('.000Z', 'Z');
  const createdBy = item.CreatedBy.replaceAll('\t', ' ');
  return {
    Comment: item.Comment,
    CreatedAt: createdAt,
    CreatedBy: whole ? createdBy : ellipsis(createdBy),
    CreatedSince: human ? humanAgo(item.Created, now) : createdAt,
    ID: whole || item.Id === '<missing>' ? item.Id : shortId(item.Id),
    Size: human ? humanSize(item.Size, 3) : String(item.Size),
  };
}

function ellipsis(text: string): string {
  const characters = [...text];
  return characters.length <= CREATED_BY_WIDTH ? text : `${characters.slice(0, CREATED_BY_WIDTH - 1).join('')}…`;
}
