// Control groups by their directories: what is there when no process is in them any more.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupsOf } from './processes.ts';

const ROOT = '/sys/fs/cgroup';
/** Below the root: hierarchy (cgroup v1), parent, container. */
const DEPTH = 4;

/** Directories whose name has `id` in it, in every hierarchy, outermost only. */
export function cgroupDirectories(id: string): readonly string[] {
  return search(ROOT, id, DEPTH).sort();
}

function search(directory: string, id: string, depth: number): string[] {
  if (depth === 0) return [];
  return namesIn(directory).flatMap((name) => {
    const path = join(directory, name);
    return name.includes(id) ? [path] : search(path, id, depth - 1);
  });
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  } catch (error) {
    if (['ENOENT', 'ENODEV', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

/** Where the kernel says whether the container of this process stands still, and what it says; undefined without a freezer. */
export function freezerOf(pid: number, id: string): { readonly file: string; readonly frozen: boolean } | undefined {
  const paths = cgroupsOf(pid).filter((path) => path.includes(id));
  for (const path of paths) {
    for (const [hierarchy, name] of FREEZERS) {
      const file = join(ROOT, hierarchy, path, name);
      const text = readQuietly(file);
      if (text !== undefined) return { file, frozen: /^FROZEN|^frozen 1$/m.test(text) };
    }
  }
  return undefined;
}

/** cgroup v1's, and that of v2: alone, or beside v1. */
const FREEZERS = [
  ['freezer', 'freezer.state'],
  ['', 'cgroup.events'],
  ['unified', 'cgroup.events'],
] as const;

function readQuietly(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
