// GET /system/df: what images and containers take on the disk; and GET /tsker/disk, tsker's own: what all of the data root is.
import { Router } from 'express';
import type { DiskPart, DiskUsage } from '../../types/disk-usage.ts';
import { TskerError } from '../../util/errors.ts';
import { sendJson } from '../answer.ts';
import { withVirtualSize } from '../image/virtual-size.ts';
import { parseQuery } from '../query.ts';
import { versionAtLeast } from '../version.ts';

const USAGE_TYPES = ['container', 'image', 'volume', 'build-cache'] as const;
export type UsageType = (typeof USAGE_TYPES)[number];

export interface DiskUsageBackend {
  /** Of these kinds of things only. */
  diskUsage(types: ReadonlySet<UsageType>): Promise<DiskUsage>;
  /** Every byte below the data root. */
  diskParts(): Promise<readonly DiskPart[]>;
}

export function diskUsageRoutes(backend: DiskUsageBackend): Router {
  const router = Router();
  router.get('/system/df', async (request, response) => {
    const asked = parseQuery(request.url).getAll('type').map(toType);
    const usage = await backend.diskUsage(new Set(asked.length === 0 ? USAGE_TYPES : asked));
    const images = usage.Images?.map((image) => withVirtualSize(request, image)) ?? null;
    const builder = versionAtLeast(request, '1.42') ? {} : { BuilderSize: sumOf(usage.BuildCache ?? []) };
    sendJson(response, { ...usage, Images: images, ...builder });
  });
  router.get('/tsker/disk', async (_request, response) => sendJson(response, await backend.diskParts()));
  return router;
}

function sumOf(parts: readonly { readonly Size: number }[]): number {
  return parts.reduce((sum, { Size }) => sum + Size, 0);
}

function toType(text: string): UsageType {
  const found = USAGE_TYPES.find((type) => type === text);
  if (found === undefined) throw new TskerError('invalid', `unknown object type: ${text}`);
  return found;
}
