// The command line that starts this executable again: itself, or from source the program that runs it with its script.
import { resolve } from 'node:path';
import { isSea } from 'node:sea';

export function ownCommand(): readonly [string, ...string[]] {
  const [, script = ''] = process.argv;
  return isSea() ? [process.execPath] : [process.execPath, resolve(script)];
}
