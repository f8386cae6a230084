// The three streams of the process behind an interface: opened only when used, and replaceable in tests.
import { fstatSync, writeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
export type Input = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };

export interface Io {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Writes to stdout, now: for what is short. To open stdout as a stream takes up to a tenth of a short command's time. */
  print(text: string): void;
  /** Of the terminal that stdout is, told without opening what is none. */
  readonly columns: number | undefined;
}

/** The process's own, and what has to be waited for before it may exit. */
export interface ProcessIo extends Io {
  /** Resolves when everything written has left the process: a pipe that is full takes the rest later. */
  flush(): Promise<void>;
}

export function openProcessIo(): ProcessIo {
  const opened = new Set<Output>();
  const open = (output: Output): Output => {
    if (!opened.has(output)) output.on('error', (error: NodeJS.ErrnoException) => endBroken(error, output));
    opened.add(output);
    return output;
  };
  const stdout = (): Output => open(process.stdout);
  return {
    get stdin(): Input {
      return process.stdin;
    },
    get stdout(): Output {
      return stdout();
    },
    get stderr(): Output {
      return open(process.stderr);
    },
    print(text) {
      // What a stream still holds goes first.
      const rest = opened.size > 0 ? text : writeNow(text);
      if (rest.length > 0) stdout().write(rest);
    },
    get columns(): number | undefined {
      return (fstatSync(STDOUT).isCharacterDevice() && stdout().columns) || undefined;
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
function endBroken(error: NodeJS.ErrnoException, output?: Output): never {
  if (error.code === 'EPIPE') process.exit(BROKEN_PIPE);
  if (output !== process.stderr) process.stderr.write(`tsker: cannot write to stdout: ${error.message}\n`);
  process.exit(1);
}

const STDOUT = 1;

/** Answers what a stdout that somebody made non-blocking does not take. */
function writeNow(text: string): Uint8Array {
  let rest: Uint8Array = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(STDOUT, rest));
  } catch (error) {
    const broken = error as NodeJS.ErrnoException;
    if (broken.code !== 'EAGAIN') endBroken(broken);
  }
  return rest;
}

/** Writes lines, all in one call. */
export function printLines(output: Output, lines: readonly string[]): void {
  if (lines.length > 0) output.write(`${lines.join('\n')}\n`);
}
