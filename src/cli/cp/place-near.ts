// A copy into a container that the daemon makes itself: for who may read all that the daemon may, and sees it by the same paths.
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiClient } from '../../client/client.ts';
import type { Query } from '../../client/http/request.ts';
import { readJson } from '../../client/read-body.ts';
import type { HostTree, HostTreePlaced } from '../../types/near.ts';
import { identityOf } from '../../util/file-identity.ts';
import { processView } from '../../util/process-view.ts';
import { askNear, isRootWith } from '../near.ts';
import { containerPath } from '../targets.ts';
import { type PackRequest, warnOfStrange } from './pack.ts';
import { splitEntry } from './paths.ts';

export interface NearCopy extends PackRequest {
  readonly container: string;
  readonly query: Query;
}

/** Bytes of the archive that was spared; undefined when one has to be sent. */
export async function placeNear(client: ApiClient, copy: NearCopy): Promise<number | undefined> {
  const tree = isRootWith('DAC_OVERRIDE') || isRootWith('DAC_READ_SEARCH') ? treeOf(copy) : undefined;
  if (tree === undefined) return undefined;
  const path = `/tsker${containerPath(copy.container, 'archive')}`;
  const answer = await askNear(client, 'PUT', { path, query: copy.query, json: tree });
  if (answer === undefined) return undefined;
  const placed = await readJson<HostTreePlaced>(answer.body, `PUT ${path}`);
  if (placed.LeftOut > 0) warnOfStrange(copy);
  return placed.Bytes;
}

/** Undefined for what cannot be copied at all, which the one who packs says, and for the root, which has no name. */
function treeOf({ path, name }: PackRequest): HostTree | undefined {
  const { directory, base } = splitEntry(path);
  const file = join(directory, base);
  const status = lstatSync(file, { bigint: true });
  const isCopied = status.isFile() || status.isDirectory() || status.isSymbolicLink();
  const called = name ?? base;
  if (!isCopied || called.includes('/')) return undefined;
  return { ...identityOf(file, status), Name: called, View: processView() };
}
