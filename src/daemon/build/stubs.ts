// What has to be made in a root before something can be mounted there, so that it can be taken away again: a RUN --mount
// leaves no empty file behind in the image.
import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { posix } from 'node:path';
import type { Tree } from '../../builder/host.types.ts';

/** Paths that the mounts at `targets` will bring into being, the deepest first. */
export async function stubsOf(tree: Tree, targets: readonly string[]): Promise<readonly string[]> {
  const stubs = new Set<string>();
  for (const target of targets) {
    let path = posix.normalize(target);
    const names: string[] = [];
    let found = await tree.look(path);
    while (found === undefined && path !== '/') {
      names.unshift(posix.basename(path));
      path = posix.dirname(path);
      found = await tree.look(path);
    }
    for (const index of names.keys()) stubs.add(posix.join(found?.path ?? '/', ...names.slice(0, index + 1)));
  }
  return [...stubs].sort((a, b) => b.split('/').length - a.split('/').length);
}

/** Those that are empty still. Nothing runs in the root, and none of the paths has a link in it but what a program made
 * of it, which `lookAt` finds out. */
export async function removeStubs(tree: Tree, stubs: readonly string[]): Promise<void> {
  for (const stub of stubs) {
    const found = await tree.lookAt(stub);
    if (found === undefined || found.path !== stub) continue;
    const path = tree.hostPath(found.path);
    const status = lstatSync(path);
    if (status.isFile() && status.size === 0) unlinkSync(path);
    else if (status.isDirectory()) removeEmpty(path);
  }
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')) return;
    throw error;
  }
}
