// The command line that starts this executable again: the single file, or Node with the source.
import { join } from 'node:path';
import { isSea } from 'node:sea';

/** The words that a role follows: `[...ownCommand(), 'containerd']`. */
export function ownCommand(): readonly [string, ...string[]] {
  return isSea() ? [process.execPath] : [process.execPath, join(import.meta.dirname, '../main.ts')];
}
