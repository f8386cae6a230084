// tsker system df [OPTIONS]: what images, containers and the rest take on the disk.
import { ApiError } from '../../client/api-error.ts';
import type { ApiClient } from '../../client/client.ts';
import type { DiskPart, DiskUsage } from '../../types/disk-usage.ts';
import { defineCommand } from '../command.ts';
import { FORMAT_FLAGS } from '../flags/format.ts';
import { defineFlags } from '../flags/spec.ts';
import type { Io } from '../io.ts';
import { BUILD_CACHE_HEADERS, buildCacheRows } from '../output/build-cache-row.ts';
import { CONTAINER_HEADERS, containerRow } from '../output/container-row.ts';
import { humanSize } from '../output/human.ts';
import { IMAGE_HEADERS, imageRows } from '../output/image-row.ts';
import { renderList } from '../output/list.ts';
import { USAGE_HEADERS, usageRows } from '../output/usage.ts';

const flags = defineFlags({
  ...FORMAT_FLAGS,
  verbose: { kind: 'boolean', short: 'v', summary: 'Show detailed information on space usage' },
});

export const systemDf = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [['system df -v', 'Every image and container']],
  async run({ client, flags, io }) {
    const usage = await client.json<DiskUsage>('GET', '/system/df');
    if (flags.verbose === true) {
      const parts = await partsOf(client);
      const section = parts === undefined ? '' : `\n${await describeParts(parts, io)}`;
      io.stdout.write(`${await describeAll(usage, io)}${section}`);
    } else {
      const columns = ['Type', 'TotalCount', 'Active', 'Size', 'Reclaimable'];
      io.stdout.write(await renderList({ rows: usageRows(usage), headers: USAGE_HEADERS, columns }, flags.format, io));
    }
    return 0;
  },
});

const IMAGE_COLUMNS = ['Repository', 'Tag', 'ID', 'CreatedSince', 'Size', 'SharedSize', 'UniqueSize', 'Containers'];
const CONTAINER_COLUMNS = ['ID', 'Image', 'Command', 'LocalVolumes', 'Size', 'RunningFor', 'Status', 'Names'];
const VOLUME_HEADERS = { Name: 'VOLUME NAME', Links: 'LINKS', Size: 'SIZE' };

/** Undefined when the engine is Docker's. */
async function partsOf(client: ApiClient): Promise<readonly DiskPart[] | undefined> {
  try {
    return await client.json<readonly DiskPart[]>('GET', '/tsker/disk');
  } catch (error) {
    if (error instanceof ApiError && error.httpStatus === 404) return undefined;
    throw error;
  }
}

/** tsker's own section: the parts add up to what the data root takes. */
async function describeParts(parts: readonly DiskPart[], io: Io): Promise<string> {
  const total = { Name: 'Total', Files: 0, Size: 0 };
  for (const { Files, Size } of parts) {
    total.Files += Files;
    total.Size += Size;
  }
  const rows = [...parts, total].map(({ Name, Files, Size }) => ({
    Name,
    Files: String(Files),
    Size: humanSize(Size),
  }));
  const headers = { Name: 'PART', Files: 'FILES', Size: 'SIZE' };
  const table = await renderList({ rows, headers, columns: ['Name', 'Files', 'Size'] }, undefined, io);
  return `Data root space usage:\n\n${table}`;
}

/** Docker's four sections. */
async function describeAll({ Images, Containers, Volumes, BuildCache }: DiskUsage, io: Io): Promise<string> {
  const now = Date.now();
  const images = (Images ?? []).flatMap((image) => imageRows(image, { noTrunc: false, digests: false, now }));
  const containers = (Containers ?? []).map(({ SizeRootFs: _virtual, ...container }) =>
    containerRow(container, { noTrunc: false, now }),
  );
  const volumes = (Volumes ?? []).map(({ Name, UsageData }) => ({
    Links: String(UsageData?.RefCount ?? 'N/A'),
    Name,
    Size: UsageData ? humanSize(UsageData.Size) : 'N/A',
  }));
  const table = (view: Parameters<typeof renderList>[0]): Promise<string> => renderList(view, undefined, io);
  const entries = buildCacheRows(BuildCache ?? [], now);
  const cache = (BuildCache ?? []).filter(({ Shared }) => !Shared).reduce((sum, { Size }) => sum + Size, 0);
  return [
    `Images space usage:\n\n${await table({ rows: images, headers: IMAGE_HEADERS, columns: IMAGE_COLUMNS })}`,
    `Containers space usage:\n\n${await table({ rows: containers, headers: CONTAINER_HEADERS, columns: CONTAINER_COLUMNS })}`,
    `Local Volumes space usage:\n\n${await table({ rows: volumes, headers: VOLUME_HEADERS, columns: ['Name', 'Links', 'Size'] })}`,
    `Build cache usage: ${humanSize(cache)}\n\n${await table({ rows: entries, headers: BUILD_CACHE_HEADERS, columns: Object.keys(BUILD_CACHE_HEADERS) })}`,
  ].join('\n');
}
