// Streams without a terminal: three pipes. The pump reads before the process exists, so that a client attached before the
// start gets every byte.
import { closeSync, openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Pump } from '../../native/output-requests.ts';
import type { FifoPaths, StdioFds } from '../../runtime/runtime.ts';
import { type Io, type IoNative, type IoRequest, type StartedProcess, type TeeOptions, writableOf } from './io.ts';

export class PipeIo implements Io {
  readonly stdio: StdioFds;
  readonly ready = Promise.resolve();
  readonly finished: Promise<void>;
  ended = false;
  readonly #native: IoNative;
  readonly #pump: Pump;
  #stdin: Writable | undefined;

  constructor(request: IoRequest, { stdin, stdout, stderr, paths }: Streams = openStreams(request)) {
    const { native, sinks } = request;
    this.#native = native;
    const ends = { stdin: stdin.read, stdout: stdout.write, stderr: stderr.write };
    this.stdio = paths === undefined ? ends : { ...ends, paths };
    if (stdin.write !== undefined) this.#stdin = writableOf(stdin.write);
    const lost = request.onLogLost === undefined ? {} : { onLogLost: request.onLogLost };
    this.#pump = native.pump({ stdout: stdout.read, stderr: stderr.read, sinks, ...lost });
    this.finished = this.#pump.finished.then(() => {
      this.ended = true;
    });
  }

  get stdin(): Writable | undefined {
    return this.#stdin;
  }

  tee(fd: number, options: TeeOptions): void {
    this.#pump.tee(fd, options);
  }

  park(): Promise<boolean> {
    return this.#pump.park();
  }

  resume(): void {
    this.#pump.resume();
  }

  started({ control }: StartedProcess): void {
    this.#closeChildEnds();
    if (control !== undefined) whenClosed(this.#stdin, () => control.closeStdin());
  }

  abandon(): void {
    this.#closeChildEnds();
    this.exited();
  }

  exited(): void {
    this.#stdin?.destroy();
    this.#stdin = undefined;
  }

  stop(): void {
    this.#pump.stop();
  }

  drain(): Promise<void> {
    this.#pump.drain();
    return this.finished;
  }

  async resize(): Promise<void> {
    // There is no terminal; clients resize all the same.
  }

  /** The daemon's copies: with them open the pump would never see the end. */
  #closeChildEnds(): void {
    closeSync(this.stdio.stdin);
    this.#native.close(this.stdio.stdout);
    this.#native.close(this.stdio.stderr);
  }
}

/** The end of input, when it is not the last to have it open. */
export function whenClosed(stdin: Writable | undefined, tell: () => void): void {
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
