// What the rest of the engine sees of the native library: typed calls and promises. The ffi-rs implementation is
// ffi.ts; nothing else imports ffi-rs.
import type { Op } from './ops.ts';

/** How a spawned process came to its end, or that it did not come to start. */
export interface ExitStatus {
  /** Exit code, or 128 + signal. */
  readonly code: number;
  /** Signal number when it was killed. */
  readonly signal: number | undefined;
}

/** One operation of a plan, as it was executed. */
export interface OpTrace {
  readonly index: number;
  /** 0 or a positive errno. */
  readonly errno: number;
  readonly nanoseconds: bigint;
}

/** An operation that failed: `index` into the plan, `errno` positive. */
export class PlanError extends Error {
  readonly index: number;
  readonly errno: number;
  readonly op: Op | undefined;

  constructor(op: Op | undefined, index: number, errno: number, message: string) {
    super(message);
    this.name = 'PlanError';
    this.op = op;
    this.index = index;
    this.errno = errno;
  }
}

export interface SpawnRequest {
  /** CLONE_NEW* bits. */
  readonly cloneFlags: number;
  /** Descriptors that become slots 0, 1, 2, 5, 6, ...; they stay the caller's. */
  readonly fds: readonly number[];
  readonly plan: readonly Op[];
  readonly cgroupFd?: number;
  readonly pidnsFd?: number;
  /** A user namespace to be born in; it owns the namespaces that the clone makes. */
  readonly usernsFd?: number;
  /** Called for every operation when given; off, nothing is measured. */
  readonly onTrace?: (trace: OpTrace) => void;
}

export interface Spawned {
  /** In the daemon's PID namespace. */
  readonly pid: number;
  readonly pidfd: number;
  /** Resolves when the program has been executed, rejects with PlanError. */
  readonly started: Promise<void>;
  /** Resolves when the process has been reaped; never rejects. The pidfd is closed right after. */
  readonly exited: Promise<ExitStatus>;
  /** kill(2) by pidfd; false when the process is gone. */
  signal(signal: number): boolean;
}

export interface ExtractRequest {
  /** Tar stream (plain, gzip, zstd); taken over and closed. */
  readonly fd: number;
  readonly target: string;
  /** `overlay`: whiteouts in overlay's form; `apply`: whiteouts delete in place; `adopt`: all of it is there already. */
  readonly whiteouts: 'overlay' | 'apply' | 'adopt';
  /** Path of a new file for the recording from which `assemble` gives the tar back. */
  readonly record?: string;
  readonly signal?: AbortSignal;
}

export interface AssembleRequest {
  readonly record: string;
  /** What the layer was extracted to. */
  readonly tree: string;
  /** Where the tar goes; taken over and closed. */
  readonly fd: number;
  readonly gzip?: boolean;
  readonly signal?: AbortSignal;
}

export interface AssembleResult {
  readonly bytesTar: number;
  readonly digestTar: string;
  /** Of what was written: the tar, or its gzip. */
  readonly bytesOut: number;
  readonly digestOut: string;
}

export interface ExtractResult {
  readonly bytesIn: number;
  readonly bytesTar: number;
  /** Sum of the sizes of regular files. */
  readonly size: number;
  readonly entries: number;
  /** `sha256:…` of the bytes read and of the uncompressed tar. */
  readonly digestIn: string;
  readonly digestTar: string;
}

/** `count` ids from `inside` the container's user namespace on are those from `outside` on in the file system. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** The id maps of a user namespace; empty: ids are the same inside and outside. */
export interface IdMaps {
  readonly users: readonly IdRange[];
  readonly groups: readonly IdRange[];
}

export interface PackRequest {
  /** A directory; stays the caller's. */
  readonly root: number;
  /** In `root`, a link at its end is not followed; '': what `root` itself is, a directory or not. */
  readonly path: string;
  /** What the entry of it is called; '': it has none, and what is below it has plain relative names. */
  readonly name: string;
  /** Where the tar goes; taken over and closed. Absent: it is only counted and hashed. */
  readonly fd?: number;
  readonly digest?: boolean;
  /** An overlay upper directory: whiteouts and opaque directories become those of a layer. */
  readonly overlay?: boolean;
  readonly oneFileSystem?: boolean;
  /** In chunks of HTTP/1.1, all but the last (of size 0). */
  readonly chunked?: boolean;
  readonly ids?: IdMaps;
  readonly signal?: AbortSignal;
}

export interface PackListRequest {
  readonly root: number;
  /** From the root, a character a byte (latin1); what is below a directory is not packed unless it is listed. */
  readonly changes: readonly { readonly path: string; readonly deleted: boolean }[];
  /** Taken over and closed. */
  readonly fd?: number;
  readonly digest?: boolean;
  readonly ids?: IdMaps;
  readonly signal?: AbortSignal;
}

export interface PackResult {
  /** Of the tar. */
  readonly bytes: number;
  /** Sum of the sizes of regular files. */
  readonly size: number;
  readonly entries: number;
  /** Files whose size changed while they were read: cut or padded. */
  readonly changed: number;
  /** Sockets, what vanished meanwhile, and what a layer cannot hold. */
  readonly skipped: number;
  /** `sha256:…` of the tar, when asked for. */
  readonly digest: string | undefined;
}

export interface PlaceRequest {
  readonly root: number;
  /** A directory in `root`, links followed. */
  readonly path: string;
  /** Tar stream (plain, gzip, zstd); taken over and closed. */
  readonly fd: number;
  /** A directory is not replaced by something else, nor something else by a directory. */
  readonly keepKind?: boolean;
  /** Everything belongs to these ids of the container instead of the archive's owners. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Permission bits for all that is no link, instead of the archive's. */
  readonly mode?: number;
  readonly ids?: IdMaps;
  readonly signal?: AbortSignal;
}

export interface PlaceResult {
  /** Sum of the sizes of regular files. */
  readonly size: number;
  readonly entries: number;
}

export interface StatRequest {
  readonly root: number;
  readonly path: string;
  /** Keep it open: `fd` of the result. */
  readonly open?: boolean;
}

/** As lstat(2). */
export interface StatResult {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Of a link: where it leads in the end, from the root, as far as that exists. */
  readonly target: string | undefined;
  /** O_PATH; the caller's. */
  readonly fd: number | undefined;
}

export interface ViewRequest {
  /** A process, for its mount namespace; or host operations with a ROOT, run in a mount namespace of their own. */
  readonly source: { readonly pidfd: number } | { readonly plan: readonly Op[] };
  /** With what is mounted below the root. */
  readonly mounts: boolean;
  readonly readOnly: boolean;
}

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

export interface Features {
  readonly cloneIntoCgroup: boolean;
  readonly openat2: boolean;
  readonly mountSetattr: boolean;
  readonly seccomp: boolean;
  readonly nftables: boolean;
  readonly userns: boolean;
  readonly overlay: boolean;
  readonly sysResource: boolean;
}

export interface SeccompRules {
  readonly defaultAction: number;
  readonly defaultErrno: number;
  /** AUDIT_ARCH_* numbers. */
  readonly architectures: readonly number[];
  readonly rules: readonly SeccompRule[];
}

export interface SeccompRule {
  readonly action: number;
  readonly errno: number;
  readonly name: string;
  readonly args: readonly { index: number; op: number; value: bigint; valueTwo: bigint }[];
}

export interface Native {
  readonly features: Features;
  spawn(request: SpawnRequest): Spawned;
  /** Adopts a process of an earlier daemon by pidfd; resolves when it ends. */
  watch(pidfd: number): Promise<void>;
  /** Executes host operations on a worker thread; rejects with PlanError. */
  runPlan(ops: readonly Op[]): Promise<void>;
  extract(request: ExtractRequest): Promise<ExtractResult>;
  /** Writes a layer's tar as it was extracted; whether it is the same, its digest tells. */
  assemble(request: AssembleRequest): Promise<AssembleResult>;
  /** Writes a tree as tar, as Docker does; rejects with ArchiveError. */
  pack(request: PackRequest): Promise<PackResult>;
  /** Writes a list of changes as the tar of a layer, in the order of the list; rejects with ArchiveError. */
  packList(request: PackListRequest): Promise<PackResult>;
  /** Unpacks a tar stream into a directory of a root, as Docker's cp does; rejects with ArchiveError. */
  place(request: PlaceRequest): Promise<PlaceResult>;
  /** What is at a path in a root; rejects with ArchiveError. */
  stat(request: StatRequest): Promise<StatResult>;
  /** A root for the three above: a detached copy of mounts that is gone when the descriptor is closed, by `closeLater`. */
  openView(request: ViewRequest): Promise<number>;
  /** Closes on a worker thread what takes long to close. */
  closeLater(fd: number): Promise<void>;
  pump(request: PumpRequest): Pump;
  openLog(request: LogRequest): LogSink;
  openRemote(request: RemoteRequest): RemoteSink;
  /** A datagram socket connected to a unix socket's path, or (with a port) to an IP address. */
  connectDatagram(address: string, port?: number): number;
  /** Wide: for streams of megabytes, whose ends then wait for each other less often. */
  pipe(options?: { nonblock?: boolean; wide?: boolean }): { read: number; write: number };
  socketpair(kind: 'stream' | 'dgram', options?: { nonblock?: boolean }): [number, number];
  open(path: string, flags: number, mode?: number): number;
  dup(fd: number): number;
  close(fd: number): void;
  /** The pid's pidfd; throws TskerError not_found. */
  pidfdOpen(pid: number): number;
  /** The descriptor sent over a unix socket, undefined when there is none yet. */
  receiveFd(socket: number): number | undefined;
  /** What the peer of a unix stream socket has not read yet: exact where it is 0. */
  unread(socket: number): number;
  resizePty(master: number, rows: number, columns: number): void;
  /** flock without waiting; false when another process holds it. */
  lock(fd: number): boolean;
  /** A socket of the host bound to a struct sockaddr, listening when it is a stream's; throws TskerError with errno. */
  listen(address: Uint8Array, type: 'stream' | 'dgram', protocol: number): number;
  netlinkOpen(protocol: number): number;
  /** Sends messages, returns the answers; throws PlanError-like TskerError with errno. */
  netlinkCall(fd: number, request: Uint8Array): Buffer;
  compileSeccomp(rules: SeccompRules): Buffer;
  fsMagic(path: string): number;
  /** Gives back the pages of the executable that only starting up needed: two thirds of an idle daemon's memory. */
  trim(): void;
  /** An extended attribute of the path itself, undefined when it has none of that name. Values up to 4096 bytes. */
  getxattr(path: string, name: string): Buffer | undefined;
}
