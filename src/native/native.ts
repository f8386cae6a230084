// What the rest of the engine sees of the native library: typed calls and promises. The ffi-rs implementation is
// ffi.ts; nothing else imports ffi-rs.
import type {
  AssembleRequest,
  AssembleResult,
  ExtractRequest,
  ExtractResult,
  PackListRequest,
  PackRequest,
  PackResult,
  PlaceRequest,
  PlaceResult,
  StatRequest,
  StatResult,
  ViewRequest,
} from './archive-requests.ts';
import type { Op } from './ops.ts';
import type { LogRequest, LogSink, Pump, PumpRequest, RemoteRequest, RemoteSink } from './output-requests.ts';

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
  /** Its exit status is known here and not taken: when we end, whoever is its parent then has it. */
  readonly leave?: boolean;
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
  /** A blocking connection to the unix stream socket at a path; throws TskerError with errno. */
  connect(path: string): number;
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
  compileSeccomp(rules: SeccompRules): Promise<Buffer>;
  fsMagic(path: string): number;
  /** Gives back the pages of the executable that only starting up needed: two thirds of an idle daemon's memory. */
  trim(): void;
  /** Before they are needed: who opens more descriptors than the process has had waits for the kernel, 20 ms and longer. */
  makeRoomForDescriptors(count: number): void;
  /**
   * Once: the calling thread has a processor as soon as it wants one, and its helpers (thread ids) after it, as long as it does not
   * take one for itself alone. Whatever they bring forth is scheduled as usual.
   */
  preferThread(helpers: readonly number[]): void;
  /** An extended attribute of the path itself, undefined when it has none of that name. Values up to 4096 bytes. */
  getxattr(path: string, name: string): Buffer | undefined;
}
