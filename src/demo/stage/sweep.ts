// Takes back what a tour left that was killed itself: its directory names it, and the next tour finds that it is gone.
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lives, readProcess } from '../proc/processes.ts';
import { DEFAULT_IMAGE } from './containers.ts';
import { ARCHITECTURES, Engine } from './engine.ts';
import { mountsBelow } from './mounts.ts';

export const PREFIX = 'tsker-demo-';
const OWNER = 'owner';

/** Says in a stage's directory whose it is. */
export function markOwner(directory: string): void {
  const { pid, started } = readProcess(process.pid) ?? { pid: process.pid, started: 0 };
  writeFileSync(join(directory, OWNER), JSON.stringify({ pid, started }));
}

/** Engines that nobody owns any more are ended in order, and their directories removed. */
export async function sweep(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const directory = join(tmpdir(), name);
    if (name.startsWith(PREFIX) && isAbandoned(directory)) await reclaim(directory);
  }
}

async function reclaim(directory: string): Promise<void> {
  for (const name of readdirSync(directory)) {
    const architecture = ARCHITECTURES.find((one) => name.startsWith(`${one}-`));
    if (architecture === undefined) continue;
    const engine = new Engine({ architecture, directory: join(directory, name), image: DEFAULT_IMAGE });
    await engine.reclaim();
  }
  if (mountsBelow(directory).length === 0) rmSync(directory, { recursive: true, force: true });
}

/** Where temporary directories are anybody can make one: only ours, into which nobody else could write, is believed. */
function isAbandoned(directory: string): boolean {
  const { uid, mode } = lstatSync(directory);
  if (uid !== process.getuid?.() || (mode & 0o170077) !== 0o040000) return false;
  const path = join(directory, OWNER);
  if (!existsSync(path)) return false;
  const { pid, started } = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; started: number };
  return !lives({ pid, started });
}
