// The way of a container's output as the native library is asked for it: the pump that reads it, the logs and remote sinks that
// its lines go to. Types only; pump.ts and sinks.ts ask.

/** The pump of one container's output. */
export interface Pump {
  /** Output from now on goes to `fd` too (taken over). `mux`: Docker's 8-byte frames; `carry`: first the start of a line
   * that is in no log yet. */
  tee(fd: number, options: { stdout: boolean; stderr: boolean; mux: boolean; carry?: boolean }): void;
  /** Reads no more; resolves true when the log has all that was read, false when there is no more to come. Every call that
   * resolved with true is followed by a `resume`. */
  park(): Promise<boolean>;
  resume(): void;
  /** Begins, when it was started `held`. */
  release(): void;
  /** Calls back once at the next append to the log. */
  watch(callback: () => void): void;
  /** Swaps the log descriptor (taken over). */
  rotate(logFd: number): void;
  stop(): void;
  /** Ends it at its clients' pace: they get all that is in the pipes now, whoever holds those open. */
  drain(): void;
  /** Resolves when all output was read, logged and teed. */
  readonly finished: Promise<void>;
}

/** What a pump writes its lines to; it belongs to one pump at a time, and stays open when the pump has ended. */
export interface Sink {
  readonly id: number;
  /** Forgets it and drops what waits in it. Not to be used afterwards; a second call does nothing. */
  close(): void;
}

/**
 * A json-file log that rotates: `path` is written, `path.1` is the one before. Files are told apart by generations, whole
 * numbers that grow: they stay the same when files are renamed.
 */
export interface LogSink extends Sink {
  /** Of the file that is written now; what has a lower one does not change any more. */
  generation(): number;
  /** A descriptor to read with positions, plain or gzip; undefined when the file is gone. */
  openFile(generation: number): number | undefined;
  /** Calls back once at the next append: call it, then read to the end of the log, then wait. */
  watch(callback: () => void): void;
  /** Keeps files from this generation on readable, whatever rotation does; 256 MiB of them at most. */
  pin(generation: number): LogPin;
}

export interface LogPin {
  /** Earlier files have been read. */
  advance(generation: number): void;
  release(): void;
}

export interface LogRequest {
  /** Absolute. Made when it is missing, continued when it is there. */
  readonly path: string;
  /** Bytes at which a file is full; absent: it never is. */
  readonly maxSize?: number;
  /** At least 1. */
  readonly maxFiles: number;
  readonly compress: boolean;
  /** Lines are dropped when more than `buffer` bytes wait for the disk; otherwise the output is held. */
  readonly nonBlocking: boolean;
  /** Absent: 1 MiB. */
  readonly buffer?: number;
  /** A JSON object that every line bears as `attrs`, or ''. */
  readonly attributes: string;
}

/** Lines as syslog records over a connection that the caller makes. Without one, what exceeds `buffer` is dropped. */
export interface RemoteSink extends Sink {
  /** Sends by this connection (taken over; a stream, or a datagram for each record), or by none; returns how many lines were lost since that was last told. */
  connect(fd: number | undefined): number;
  /** Resolves when all lines have been sent, or the sink is closed. To be called when its pump has ended. */
  drained(): Promise<void>;
}

export interface RemoteRequest {
  /** Of the record: `<priority>` before time after line newline. */
  readonly before: string;
  readonly after: string;
  readonly time: 'stamp' | 'rfc3339' | 'micro';
  readonly stdoutPriority: number;
  readonly stderrPriority: number;
  /** A record's length goes before it (RFC 6587). */
  readonly counted: boolean;
  /** ECONNREFUSED does not end the connection (UDP). */
  readonly lossy: boolean;
  readonly nonBlocking: boolean;
  readonly buffer?: number;
  /** The connection ended with `errno`, or (without) all was sent; `lines` were lost since this was told last. */
  readonly onLost: (loss: { readonly lines: number; readonly errno?: string }) => void;
}

export interface PumpRequest {
  readonly stdout: number;
  /** Absent with a terminal. */
  readonly stderr?: number;
  /** json-file log that does not rotate, a descriptor; absent: no log, or one of `sinks`. */
  readonly log?: number;
  /** Lines go there: a log and a remote sink at most. */
  readonly sinks?: readonly Sink[];
  /** Reads nothing before `release`: tees can be added that get the very first byte. */
  readonly held?: boolean;
  /** Called before `finished` resolves, when the log did not take some lines (a full disk): the output itself went on. */
  readonly onLogLost?: (loss: { readonly lines: number; readonly errno: string }) => void;
}
