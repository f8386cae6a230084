// A directory below <root>/tmp for the time of one build. What a daemon that was killed left there goes at the next start.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const PREFIX = 'build-';

export interface Workspace {
  readonly path: string;
  remove(): Promise<void>;
}

export async function makeWorkspace(tmp: string): Promise<Workspace> {
  await mkdir(tmp, { recursive: true, mode: 0o700 });
  const path = await mkdtemp(join(tmp, PREFIX));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** To be called before the first build. */
export async function removeWorkspaces(tmp: string): Promise<void> {
  const names = existsSync(tmp) ? await readdir(tmp) : [];
  const left = names.filter((name) => name.startsWith(PREFIX));
  await Promise.all(left.map((name) => rm(join(tmp, name), { recursive: true, force: true })));
}
