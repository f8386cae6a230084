// A directory's tree as a test sees it: read by a Python program, so that it shares no mistake with the engine.
import { join } from 'node:path';
import { run } from '../helpers/run.ts';

export interface TreeEntry {
  readonly kind: 'file' | 'directory' | 'symlink' | 'character' | 'block' | 'fifo' | 'socket';
  /** `0o644`. */
  readonly mode: string;
  /** `uid:gid`. */
  readonly owner: string;
  /** Nanoseconds. */
  readonly mtime: string;
  /** `major:minor`, '' for what is no device. */
  readonly device: string;
  /** Values in base64. */
  readonly xattrs: Readonly<Record<string, string>>;
  /** Short text as it is, everything else as its SHA-256; a link's target. */
  readonly content: string;
  /** All names of the same inode. */
  readonly links: readonly string[];
  /** Of 512 bytes, on the disk. */
  readonly blocks: number;
}

export type Tree = Readonly<Record<string, TreeEntry>>;

const PROGRAM = join(import.meta.dirname, '../fixtures/layer/tree.py');

/** Every name below `path`; bytes of names as latin1. */
export async function readTree(path: string): Promise<Tree> {
  const { code, stdout, stderr } = await run(['/usr/bin/python3', PROGRAM, path]);
  if (code !== 0) throw new Error(`reading ${path}: ${stderr}`);
  return JSON.parse(stdout) as Tree;
}

/** Names with their content, directories with a slash: what most tests compare. */
export function contents(tree: Tree): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tree)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, entry]) => (entry.kind === 'directory' ? [`${name}/`, ''] : [name, entry.content])),
  );
}
