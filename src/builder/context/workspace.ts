// A directory below <root>/tmp for the time of one build. What a daemon that was killed left there goes at the next start.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ERRNO } from '../../native/errno.ts';
import type { Native } from '../../native/native.ts';

const PREFIX = 'build-';

export interface Workspace {
  readonly path: string;
  remove(): Promise<void>;
}

type Remover = Pick<Native, 'runPlan'>;

export function makeWorkspace(native: Remover, tmp: string): Workspace {
  mkdirSync(tmp, { recursive: true, mode: 0o700 });
  const path = mkdtempSync(join(tmp, PREFIX));
  return { path, remove: () => removeTree(native, path) };
}

/** To be called before the first build. */
export async function removeWorkspaces(native: Remover, tmp: string): Promise<void> {
  const names = existsSync(tmp) ? readdirSync(tmp) : [];
  const left = names.filter((name) => name.startsWith(PREFIX));
  await Promise.all(left.map((name) => removeTree(native, join(tmp, name))));
}

/** Names in a context of no more than a Dockerfile and what goes with it. */
const FEW = 8;

/** In one job of the native library: a file at a time through the thread pool takes seconds for a large context. */
export async function removeTree(native: Remover, path: string): Promise<void> {
  if (removeSmall(path)) return;
  await native.runPlan([{ op: 'RMTREE', path, tolerate: ERRNO.ENOENT }]);
}

/** The usual case without a thread; false: there is more, or a directory, and nothing was removed. */
function removeSmall(path: string): boolean {
  if (!existsSync(path)) return true;
  const entries = readdirSync(path, { withFileTypes: true, encoding: 'buffer' });
  if (entries.length > FEW || entries.some((entry) => entry.isDirectory())) return false;
  for (const { name } of entries) unlinkSync(Buffer.concat([Buffer.from(`${path}/`), name]));
  rmdirSync(path);
  return true;
}
