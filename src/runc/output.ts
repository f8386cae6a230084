// What a command answers, on its standard output: written at once and whole. The descriptor may be the container's too, so that
// Node's stream, which makes it non-blocking, is left alone.
import { writeSync } from 'node:fs';
import { isErrno } from './store.ts';

const STDOUT = 1;
const PAUSE_MS = 2;

export function print(text: string): void {
  let rest = Buffer.from(text);
  const idle = new Int32Array(new SharedArrayBuffer(4));
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(STDOUT, rest));
    } catch (error) {
      // Somebody else has made it non-blocking, and its reader is slow.
      if (!isErrno(error, 'EAGAIN')) throw error;
      Atomics.wait(idle, 0, 0, PAUSE_MS);
    }
  }
}

/** Columns as Go's tabwriter sets them for runc: at least 12 wide, 3 apart. Pure. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? MIN_WIDTH, cell.length + GAP);
    });
  }
  return rows
    .map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join(''))
    .map((line) => `${line}\n`)
    .join('');
}

const MIN_WIDTH = 12;
const GAP = 3;
