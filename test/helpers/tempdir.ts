// Temporary directories that are gone after the test, with whatever a failed test left mounted in them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Owner } from './owner.ts';
import { run } from './run.ts';

/** A new directory, removed at the owner's end. Mounts below it are detached first, never walked into. */
export function tempdir(owner: Owner, label = 'dir'): string {
  const path = mkdtempSync(join(tmpdir(), `tsker-test-${label}-`));
  owner.teardown(() => removeTree(path));
  return path;
}

/** Detaches every mount below `path`, then removes it. */
export async function removeTree(path: string): Promise<void> {
  await unmountBelow(path);
  rmSync(path, { recursive: true, force: true });
}

/** Detaches the mounts at or below `path`, the deepest first. */
export async function unmountBelow(path: string): Promise<void> {
  for (const point of mountsBelow(path).reverse()) await run(['umount', '-l', point]);
}

/** Mount points at or below `path`, in the order they were mounted. */
export function mountsBelow(path: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => unescapeOctal(line.split(' ')[4] ?? ''))
    .filter((point) => point === path || point.startsWith(`${path}/`));
}

/** mountinfo writes space, tab, newline and backslash in octal (proc(5)). */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
