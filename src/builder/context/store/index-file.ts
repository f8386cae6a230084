// What a stored tree holds, in a file beside it. Without the file the tree is worth nothing: it is taken away before the tree
// is touched and written when the tree is whole again, so no crash leaves a lie.
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, ManifestEntry } from './manifest.ts';

const FILE = 'index.json';

/** Undefined when there is none, or none that can be read. */
export async function readIndex(directory: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, FILE), 'utf8')) as Manifest;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function removeIndex(directory: string): Promise<void> {
  await rm(join(directory, FILE), { force: true });
}

export async function writeIndex(directory: string, key: string, entries: readonly ManifestEntry[]): Promise<void> {
  const path = join(directory, FILE);
  await writeFile(`${path}.new`, JSON.stringify({ key, entries }), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
