// The streams of one run: what the process is given as stdin, stdout and stderr, the pump that logs its output, and the
// clients that are attached. Bytes move in the native pump; JavaScript sees only stdin. Pipes are in pipe-io.ts, a terminal
// in terminal-io.ts.
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Native } from '../../native/native.ts';
import type { PumpRequest, Sink } from '../../native/output-requests.ts';
import type { ContainerProcess, StartRequest, TerminalSize } from '../../runtime/runtime.ts';

/** Which streams an attached client gets, and whether Docker's frames tell them apart. */
export interface TeeOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly mux: boolean;
  /** First the start of a line that has no end yet. */
  readonly carry?: boolean;
}

export type { TerminalSize };

/** What streams are told of a process that runs. */
export type StartedProcess = Pick<ContainerProcess, 'terminal' | 'control'>;

/** What of the native library streams need. */
export type IoNative = Pick<Native, 'pipe' | 'pump' | 'dup' | 'close' | 'resizePty'>;

export interface IoRequest {
  readonly native: IoNative;
  /** Where lines of output go besides the attached; none of them with the log driver `none`. */
  readonly sinks: readonly Sink[];
  readonly openStdin: boolean;
  /** Called at the end of the output when the log did not take some lines: a full disk, or a ring that was full. */
  readonly onLogLost?: PumpRequest['onLogLost'];
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
  /** Holds the output back until `resume`: what came before is in the log, and what follows is yet to come. False: it has
   * ended, or not begun. */
  park(): Promise<boolean>;
  resume(): void;
  /** There is a process that has its ends of the streams. */
  born(): void;
  /** The program runs; the master of its terminal is taken over. */
  started(process: StartedProcess): void;
  /** It could not be started. */
  abandon(): void;
  /** It has ended: no stdin from now on. Output may still be on its way. */
  exited(): void;
  /** Reads what is there and ends, whoever holds the streams open. */
  stop(): void;
  /** Ends at the clients' pace: they get what is there, whoever holds the streams open. Resolves as `finished`. */
  drain(): Promise<void>;
  /** Resolves when the terminal has the size. Without a terminal nothing. */
  resize(size: TerminalSize): Promise<void>;
}

/** The writing end of a pipe (taken over). A reader that has gone is no error of anyone's. */
export function writableOf(fd: number): Writable {
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.on('error', () => socket.destroy());
  return socket;
}
