// The side of cp that is in a container: the archive routes, and the header that describes a path.
import type { ApiClient } from '../../client/client.ts';
import type { ResponseHead } from '../../client/http/response-head.ts';
import { type ContainerPathStat, GO_MODE_DIR, GO_MODE_SYMLINK, PATH_STAT_HEADER } from '../../types/archive.ts';
import { TskerError } from '../../util/errors.ts';
import { containerPath } from '../targets.ts';

export interface RemotePath {
  readonly container: string;
  readonly path: string;
}

export async function statRemote(client: ApiClient, { container, path }: RemotePath): Promise<ContainerPathStat> {
  const { head, body } = await client.request('HEAD', containerPath(container, 'archive'), { query: { path } });
  body.discard();
  return parsePathStat(head);
}

/** Throws `corrupt`. */
export function parsePathStat(head: ResponseHead): ContainerPathStat {
  const text = Buffer.from(head.headers.get(PATH_STAT_HEADER) ?? '', 'base64').toString();
  try {
    const stat: unknown = JSON.parse(text);
    if (isPathStat(stat)) return stat;
  } catch {
    // Said below, as for JSON that is something else.
  }
  throw new TskerError('corrupt', 'the daemon does not say what is at the path');
}

function isPathStat(value: unknown): value is ContainerPathStat {
  if (typeof value !== 'object' || value === null) return false;
  const { mode, linkTarget }: Partial<Record<string, unknown>> = { ...value };
  return typeof mode === 'number' && typeof linkTarget === 'string';
}

const has = (mode: number, bit: number): boolean => Math.floor(mode / bit) % 2 === 1;

export function isDirectory({ mode }: ContainerPathStat): boolean {
  return has(mode, GO_MODE_DIR);
}

export function isSymlink({ mode }: ContainerPathStat): boolean {
  return has(mode, GO_MODE_SYMLINK);
}

const GO_MODE_DEVICE = 0x0400_0000;
const GO_MODE_IRREGULAR = 0x0008_0000;

/** Why nothing can be copied onto it; undefined when something can. */
export function strangeKind({ mode }: ContainerPathStat): string | undefined {
  if (has(mode, GO_MODE_DEVICE)) return 'got a device';
  return has(mode, GO_MODE_IRREGULAR) ? 'got an irregular file' : undefined;
}
