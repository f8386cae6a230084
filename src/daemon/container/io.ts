// The streams of one run: what the process is given as stdin, stdout and stderr, the pump that logs its output, and the
// clients that are attached. Bytes move in the native pump; JavaScript sees only stdin. Pipes are in pipe-io.ts, a terminal
// in terminal-io.ts.
import { constants } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Native, Pump } from '../../native/native.ts';
import type { StartRequest } from '../../runtime/runtime.ts';

/** Which streams an attached client gets, and whether Docker's frames tell them apart. */
export interface TeeOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly mux: boolean;
}

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** What of the native library streams need. */
export type IoNative = Pick<Native, 'pipe' | 'pump' | 'open' | 'dup' | 'close' | 'resizePty'>;

export interface IoRequest {
  readonly native: IoNative;
  /** The json-file log; undefined with the log driver `none`. */
  readonly logPath: string | undefined;
  readonly openStdin: boolean;
}

export interface Io {
  /** For Runtime.start. */
  readonly stdio: StartRequest['stdio'];
  /** Resolves when `stdin` is known: with a terminal at the start. */
  readonly ready: Promise<void>;
  /** Undefined when the container was made without stdin, and when it has ended. */
  readonly stdin: Writable | undefined;
  /** Resolves when all output has been read, logged and handed to the attached. */
  readonly finished: Promise<void>;
  /** True from then on. */
  readonly ended: boolean;
  /** Output goes to `fd` too (taken over), from its first byte when this comes before the start. */
  tee(fd: number, options: TeeOptions): void;
  /** The program runs; `terminal` is its master (taken over). */
  started(terminal: number | undefined): void;
  /** It could not be started. */
  abandon(): void;
  /** It has ended: no stdin from now on. Output may still be on its way. */
  exited(): void;
  /** Reads what is there and ends, whoever holds the streams open. */
  stop(): void;
  /** Ends at the clients' pace: they get what is there, whoever holds the streams open. Resolves as `finished`. */
  drain(): Promise<void>;
  /** Resolves at the next append to the log, or at the end. Call it first, then read the log. */
  nextAppend(): Promise<void>;
  /** Without a terminal nothing. */
  resize(size: TerminalSize): void;
}

const LOG_MODE = 0o640;

export function openLog(native: IoNative, path: string | undefined): { readonly log?: number } {
  if (path === undefined) return {};
  return { log: native.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, LOG_MODE) };
}

/** The writing end of a pipe (taken over). A reader that has gone is no error of anyone's. */
export function writableOf(fd: number): Writable {
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.on('error', () => socket.destroy());
  return socket;
}

/** Pump.watch as a promise, ended by the end of the output. */
export function nextAppendOf(pump: Pump): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  pump.watch(resolve);
  return Promise.race([promise, pump.finished]);
}
