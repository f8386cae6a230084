// A copy out of a container that the daemon makes itself: for who may write all that the daemon may, and sees it by the same paths.
import { realpathSync, statSync } from 'node:fs';
import type { ApiClient } from '../../client/client.ts';
import { isNear } from '../../client/host.ts';
import { readJson } from '../../client/read-body.ts';
import type { HostFileWritten, HostTree } from '../../types/near.ts';
import { identityOf } from '../../util/file-identity.ts';
import { processView } from '../../util/process-view.ts';
import { askNear, isRootWith } from '../near.ts';
import { containerPath } from '../targets.ts';
import { describeTarget } from './local.ts';
import { type Followed, type Placement, placeCopy, splitEntry } from './paths.ts';
import { isDirectory, statRemote } from './remote.ts';

export interface NearTake {
  readonly container: string;
  readonly found: Followed;
  /** Absolute, of this machine. */
  readonly target: string;
}

export interface Taken {
  /** Also for who goes on with it: what is there by now may be of this copy. */
  readonly place: Placement;
  /** Of the archive that was spared; undefined when it has to be asked for. */
  readonly bytes: number | undefined;
}

/** Undefined when nothing was tried. Throws what cannot be copied. */
export async function takeNear(client: ApiClient, { container, found, target }: NearTake): Promise<Taken | undefined> {
  const mayWriteAll = isNear(client.host) && process.getegid?.() === 0 && isRootWith('DAC_OVERRIDE', 'FOWNER');
  if (!mayWriteAll) return undefined;
  const stat = await statRemote(client, { container, path: found.path }).catch(() => undefined);
  if (stat === undefined) return undefined;
  const place = placeCopy({ ...found, isDirectory: isDirectory(stat) }, describeTarget(target));
  const path = `/tsker${containerPath(container, 'archive')}`;
  const json = treeOf(place, splitEntry(found.path).base);
  const answer = await askNear(client, 'POST', { path, query: { path: found.path }, json });
  if (answer === undefined) return { place, bytes: undefined };
  const { Bytes } = await readJson<HostFileWritten>(answer.body, `POST ${path}`);
  return { place, bytes: Bytes };
}

function treeOf({ directory, name }: Placement, base: string): HostTree {
  const path = realpathSync(directory);
  const own = base === '/' ? '.' : base;
  return { ...identityOf(path, statSync(path, { bigint: true })), Name: name ?? own, View: processView() };
}
