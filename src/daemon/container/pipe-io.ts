// Streams without a terminal: three pipes. The pump reads before the process exists, so that a client attached before the
// start gets every byte.
import { closeSync, openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { FifoPaths, StdioFds } from '../../runtime/runtime.ts';
import type { Io, IoNative, IoRequest, StartedProcess, TeeOptions } from './io.ts';
import { PumpedIo } from './pumped-io.ts';

export class PipeIo extends PumpedIo implements Io {
  readonly stdio: StdioFds;
  readonly #native: IoNative;

  constructor(request: IoRequest, { stdin, stdout, stderr, paths }: Streams = openStreams(request)) {
    super(request, { stdin: stdin.write, stdout: stdout.read, stderr: stderr.read });
    this.#native = request.native;
    const ends = { stdin: stdin.read, stdout: stdout.write, stderr: stderr.write };
    this.stdio = paths === undefined ? ends : { ...ends, paths };
  }

  tee(fd: number, options: TeeOptions): void {
    this.pump.tee(fd, options);
  }

  started({ control }: StartedProcess): void {
    this.born();
    if (control !== undefined) whenClosed(this.stdin, () => control.closeStdin());
  }

  async resize(): Promise<void> {
    // There is no terminal; clients resize all the same.
  }

  protected closeChildEnds(): void {
    closeSync(this.stdio.stdin);
    this.#native.close(this.stdio.stdout);
    this.#native.close(this.stdio.stderr);
  }
}

/** The end of input, when it is not the last to have it open. */
function whenClosed(stdin: Writable | undefined, tell: () => void): void {
  if (stdin === undefined) return;
  if (stdin.closed) tell();
  else stdin.once('close', tell);
}

interface Ends {
  readonly read: number;
  readonly write: number;
}

/** What a process is given, and our ends of it. */
export interface Streams {
  readonly stdin: { readonly read: number; readonly write: number | undefined };
  readonly stdout: Ends;
  readonly stderr: Ends;
  readonly paths?: FifoPaths;
}

/** All of them, or none: a daemon that runs out of descriptors must not lose more with every attempt. */
function openStreams({ native, openStdin }: IoRequest): Streams {
  using opened = new DisposableStack();
  const own = (fd: number): number => {
    opened.defer(() => native.close(fd));
    return fd;
  };
  const pipe = (): Ends => {
    const { read, write } = native.pipe();
    return { read: own(read), write: own(write) };
  };
  const streams = {
    stdin: openStdin ? pipe() : { read: own(openSync('/dev/null', 'r')), write: undefined },
    stdout: pipe(),
    stderr: pipe(),
  };
  // All there: they are the caller's now.
  opened.move();
  return streams;
}
