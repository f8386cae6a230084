// An archive that the daemon loads from where it lies.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Answer, ApiClient } from '../client/client.ts';
import type { Query } from '../client/http/request.ts';
import { identityOf } from '../util/file-identity.ts';
import { askNear } from './near.ts';

/** The daemon's answer; undefined when the archive has to be sent. `path` has been opened, so it may be read by us. */
export async function loadNear(client: ApiClient, path: string, query: Query): Promise<Answer | undefined> {
  const status = statSync(path, { bigint: true });
  if (!status.isFile()) return undefined;
  return askNear(client, 'POST', { path: '/tsker/images/load', query, json: identityOf(resolve(path), status) });
}
