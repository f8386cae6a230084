// What is asked of a running container's cgroups: its processes, freezing, and whether the kernel killed for memory.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TskerError } from '../../util/errors.ts';
import { type ContainerCgroups, directoryOf } from './paths.ts';

const FREEZE_TIMEOUT_MS = 5_000;
const FREEZE_POLL_MS = 1;

/** Every process, of cgroups that the container made in its own as well; empty when it has no cgroup any more. */
export function listProcesses(cgroups: ContainerCgroups): number[] {
  const directory = directoryOf(cgroups, 'pids') ?? cgroups.directories[0];
  return directory === undefined ? [] : processesBelow(directory.path);
}

function processesBelow(path: string): number[] {
  const file = join(path, 'cgroup.procs');
  if (!existsSync(file)) return [];
  const own = readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
  const children = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...own, ...children.flatMap((child) => processesBelow(join(path, child.name)))];
}

/** Stops every process and waits until all of them have stopped. */
export async function freeze(cgroups: ContainerCgroups): Promise<void> {
  const path = freezerPath(cgroups);
  const [file, value] = cgroups.version === 2 ? ['cgroup.freeze', '1'] : ['freezer.state', 'FROZEN'];
  const deadline = Date.now() + FREEZE_TIMEOUT_MS;
  writeFileSync(join(path, file), value);
  while (!hasStopped(cgroups.version, path)) {
    if (Date.now() > deadline) {
      thaw(cgroups);
      throw new TskerError('internal', `the processes could not be frozen within ${FREEZE_TIMEOUT_MS} ms`);
    }
    await delay(FREEZE_POLL_MS);
    // v1: a process that was forking makes the state FREEZING for good unless it is asked for again.
    if (cgroups.version === 1) writeFileSync(join(path, file), value);
  }
}

export function thaw(cgroups: ContainerCgroups): void {
  const [file, value] = cgroups.version === 2 ? ['cgroup.freeze', '0'] : ['freezer.state', 'THAWED'];
  writeFileSync(join(freezerPath(cgroups), file), value);
}

function freezerPath(cgroups: ContainerCgroups): string {
  const directory = directoryOf(cgroups, 'freezer');
  if (directory === undefined) throw new TskerError('unsupported', 'this host has no freezer cgroup: cannot pause');
  return directory.path;
}

export function hasFreezer(cgroups: ContainerCgroups): boolean {
  return directoryOf(cgroups, 'freezer') !== undefined;
}

/** True when it is paused, or about to be; false when its cgroup is gone. */
export function isFrozen(cgroups: ContainerCgroups): boolean {
  const directory = directoryOf(cgroups, 'freezer');
  if (directory === undefined) return false;
  const [file, thawed] = cgroups.version === 2 ? ['cgroup.freeze', '0'] : ['freezer.state', 'THAWED'];
  const path = join(directory.path, file);
  return existsSync(path) && readFileSync(path, 'utf8').trim() !== thawed;
}

function hasStopped(version: 1 | 2, path: string): boolean {
  if (version === 2) return /^frozen 1$/m.test(readFileSync(join(path, 'cgroup.events'), 'utf8'));
  return readFileSync(join(path, 'freezer.state'), 'utf8').trim() === 'FROZEN';
}

/** True when the kernel's OOM killer took a process of this container. */
export function wasOomKilled(cgroups: ContainerCgroups): boolean {
  const directory = directoryOf(cgroups, 'memory');
  if (directory === undefined) return false;
  const file = join(directory.path, cgroups.version === 2 ? 'memory.events' : 'memory.oom_control');
  if (!existsSync(file)) return false;
  const count = /^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1];
  return count !== undefined && count !== '0';
}
