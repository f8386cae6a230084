// tsker volume ls [OPTIONS]: list volumes.
import type { VolumeListResponse } from '../../types/volume.ts';
import { defineCommand } from '../command.ts';
import { parseFilters } from '../flags/filters.ts';
import { FORMAT_FLAGS } from '../flags/format.ts';
import { defineFlags } from '../flags/spec.ts';
import { renderList } from '../output/list.ts';
import { VOLUME_HEADERS, volumeRow } from '../output/volume-row.ts';

const flags = defineFlags({
  filter: { kind: 'list', short: 'f', value: 'filter', summary: 'Provide filter values (e.g. "dangling=true")' },
  ...FORMAT_FLAGS,
  quiet: { kind: 'boolean', short: 'q', summary: 'Only display volume names' },
});

export const listVolumes = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [['volume ls --filter dangling=true', 'Those that no container has']],
  async run({ client, flags, io }) {
    const query = { filters: parseFilters(flags.filter) };
    const { Volumes, Warnings } = await client.json<VolumeListResponse>('GET', '/volumes', { query });
    const rows = Volumes.map(volumeRow).toSorted((a, b) => naturalOrder(a.Name, b.Name));
    for (const warning of Warnings ?? []) io.stderr.write(`WARNING: ${warning}\n`);
    if (flags.quiet === true && flags.format === undefined) {
      io.stdout.write(rows.map(({ Name }) => `${Name}\n`).join(''));
      return 0;
    }
    io.stdout.write(await renderList({ rows, headers: VOLUME_HEADERS, columns: ['Driver', 'Name'] }, flags.format, io));
    return 0;
  },
});

/** Numbers in names by their values, as Docker sorts (its sortorder.NaturalLess). */
export function naturalOrder(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const numberA = /^\d+/.exec(a.slice(i))?.[0];
    const numberB = /^\d+/.exec(b.slice(j))?.[0];
    if (numberA !== undefined && numberB !== undefined) {
      const order = compareNumbers(numberA, numberB);
      if (order !== 0) return order;
      i += numberA.length;
      j += numberB.length;
      continue;
    }
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(j)];
    if (left !== right) return left - right;
    i++;
    j++;
  }
  return a.length - i - (b.length - j);
}

function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  if (left.length !== right.length) return left.length - right.length;
  if (left !== right) return left < right ? -1 : 1;
  return a.length - b.length;
}
