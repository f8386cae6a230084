// A program of a few lines of shell, for clients that are told a path.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes it into `directory`; its path. */
export function makeProgram(directory: string, name: string, script: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}
