// The three streams of the process behind an interface: opened only when used (opening stdout costs a millisecond), and
// replaceable in tests.
import type { Readable, Writable } from 'node:stream';

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
export type Input = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };

export interface Io {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
}

export const processIo: Io = {
  get stdin(): Input {
    return process.stdin;
  },
  get stdout(): Output {
    return process.stdout;
  },
  get stderr(): Output {
    return process.stderr;
  },
};

/** Writes lines, all in one call. */
export function printLines(output: Output, lines: readonly string[]): void {
  if (lines.length > 0) output.write(`${lines.join('\n')}\n`);
}
