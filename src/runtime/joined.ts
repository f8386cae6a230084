// What an exec joins, for one that is to be explained: the namespaces and the cgroup of its container's first process, as the kernel names
// them. It joins nothing itself.
import { readFileSync, readlinkSync } from 'node:fs';
import { relative } from 'node:path';
import type { JoinedFact } from '../types/explain.ts';
import { currentCgroup } from './cgroup/current.ts';
import type { ContainerCgroups } from './cgroup/paths.ts';
import type { NamespaceType, Spec } from './spec.ts';

export interface JoinedContainer {
  readonly spec: Spec;
  readonly cgroups: ContainerCgroups;
  /** Of its first process. */
  readonly pid: number;
}

/** Names below /proc/<pid>/ns. */
const FILES: Readonly<Record<NamespaceType, string>> = {
  mount: 'mnt',
  pid: 'pid',
  network: 'net',
  ipc: 'ipc',
  uts: 'uts',
  cgroup: 'cgroup',
  user: 'user',
};

export function joinedFact({ spec, cgroups, pid }: JoinedContainer): JoinedFact {
  return {
    pid,
    namespaces: spec.linux.namespaces.map(({ type }) => {
      const inode = inodeOf(`/proc/${pid}/ns/${FILES[type]}`);
      const by = type === 'pid' ? 'birth' : 'setns';
      return { name: FILES[type], ...(inode === undefined ? {} : { inode }), by };
    }),
    cgroup: `/${relativePath(cgroups, pid)}`,
    hierarchies: cgroups.directories.map(({ name }) => name),
  };
}

function inodeOf(path: string): number | undefined {
  const inode = /\[(\d+)\]$/.exec(orUndefined(() => readlinkSync(path)) ?? '')?.[1];
  return inode === undefined ? undefined : Number(inode);
}

function relativePath({ version, relative: path, directories }: ContainerCgroups, pid: number): string {
  const [directory] = directories;
  if (version === 1 || directory === undefined) return path;
  const text = orUndefined(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? '';
  return relative(directory.mountPoint, currentCgroup(directory, text));
}

/** A process that has ended is no failure here: whoever joins it says so in his own words. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
