// An archive that the daemon reads itself, where it is on this machine and sees the same file: to send it would copy it four times.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ApiError } from '../client/api-error.ts';
import type { Answer, ApiClient } from '../client/client.ts';
import { isNear } from '../client/host.ts';
import type { Query } from '../client/http/request.ts';
import type { FileIdentity } from '../types/image.ts';

/** 404: another engine, or one that does not see the file, or lets nobody name one; 403: somebody else forbids it. */
const SEND_IT = new Set([403, 404]);

/** The daemon's answer; undefined when the archive has to be sent. `path` has been opened, so it may be read by us. */
export async function loadNear(client: ApiClient, path: string, query: Query): Promise<Answer | undefined> {
  const identity = isNear(client.host) ? identityOf(resolve(path)) : undefined;
  if (identity === undefined) return undefined;
  try {
    return await client.request('POST', '/tsker/images/load', { query, json: identity });
  } catch (error) {
    if (error instanceof ApiError && SEND_IT.has(error.httpStatus)) return undefined;
    throw error;
  }
}

function identityOf(path: string): FileIdentity | undefined {
  const status = statSync(path, { bigint: true });
  if (!status.isFile()) return undefined;
  const { dev, ino, size, mtimeNs } = status;
  return { Path: path, Device: `${dev}`, Inode: `${ino}`, Size: `${size}`, Modified: `${mtimeNs}` };
}
