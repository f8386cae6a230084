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

/** The process's own, and what has to be waited for before it may exit. */
export interface ProcessIo extends Io {
  /** Resolves when everything written has left the process: a pipe that is full takes the rest later. */
  flush(): Promise<void>;
}

export function openProcessIo(): ProcessIo {
  const opened = new Set<Output>();
  const open = (output: Output): Output => {
    if (!opened.has(output)) endWhenBroken(output);
    opened.add(output);
    return output;
  };
  return {
    get stdin(): Input {
      return process.stdin;
    },
    get stdout(): Output {
      return open(process.stdout);
    },
    get stderr(): Output {
      return open(process.stderr);
    },
    async flush() {
      for (const output of opened) {
        if (output.writableLength > 0) await new Promise<void>((done) => output.write('', () => done()));
        // A file that takes no more says so at once, and is reported a turn later.
        if (output.errored !== null) await new Promise(setImmediate);
      }
    },
  };
}

/** Exit code of a program that SIGPIPE ends, in a shell. */
const BROKEN_PIPE = 141;

/** An output whose reader went away (`tsker ps | head -1`) ends us as SIGPIPE ends other programs: without a word. */
function endWhenBroken(output: Output): void {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(BROKEN_PIPE);
    if (output !== process.stderr) process.stderr.write(`tsker: cannot write to stdout: ${error.message}\n`);
    process.exit(1);
  });
}

/** Writes lines, all in one call. */
export function printLines(output: Output, lines: readonly string[]): void {
  if (lines.length > 0) output.write(`${lines.join('\n')}\n`);
}
