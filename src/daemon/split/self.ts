// This executable's own command line: the single file, or Node with the source.

import { join } from 'node:path';
import { isSea } from 'node:sea';

/** The words that a role follows: `[...selfCommand(), 'containerd']`. */
export function selfCommand(): readonly string[] {
  return isSea() ? [process.execPath] : [process.execPath, join(import.meta.dirname, '../../main.ts')];
}
