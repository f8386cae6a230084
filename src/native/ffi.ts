// `Native` over libtsker.so: puts the parts together and holds the calls that are one call. The only place that knows
// the library was reached through ffi-rs is binding.ts.
import { TskerError } from '../util/errors.ts';
import { HAS } from './abi.ts';
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
import { Archives } from './archives.ts';
import type { Library } from './binding.ts';
import { ERRNO } from './errno.ts';
import { EventPipe } from './events.ts';
import { check, cString } from './failure.ts';
import { Jobs } from './jobs.ts';
import type { Features, Native, SeccompRules, Spawned, SpawnRequest } from './native.ts';
import type { Op } from './ops.ts';
import type { LogRequest, LogSink, Pump, PumpRequest, RemoteRequest, RemoteSink } from './output-requests.ts';
import { startPump } from './pump.ts';
import { openLogSink, openRemoteSink } from './sinks.ts';
import { Spawner } from './spawn.ts';

/** The largest answer of the kernel that is read: a dump of all links or rules. Untouched memory costs nothing. */
const NETLINK_ANSWER_MAX = 4 * 1024 * 1024;

/** The largest value that is read: overlay's and capabilities' are a few bytes. */
const XATTR_MAX = 4096;

const PAIR = { pipe: 0, stream: 1, dgram: 2, widePipe: 3 } as const;
/** socket(2)'s types. */
const SOCKET_TYPES = { stream: 1, dgram: 2 } as const;

export interface FfiNativeOptions {
  /** The executable tsker-init. */
  readonly helper: Uint8Array;
  /** Threads for host plans and extraction. */
  readonly workers: number;
}

/** One in a process: it starts the library's threads. */
export class FfiNative implements Native {
  readonly features: Features;
  readonly #library: Library;
  readonly #events: EventPipe;
  readonly #spawner: Spawner;
  readonly #jobs: Jobs;
  readonly #archives: Archives;
  readonly #pair = Buffer.alloc(8);
  readonly #answer = Buffer.allocUnsafeSlow(NETLINK_ANSWER_MAX);

  constructor(library: Library, { helper, workers }: FfiNativeOptions) {
    this.#library = library;
    this.#events = new EventPipe(
      check(library.tsker_start(helper, helper.length, workers), 'starting the native library'),
    );
    this.#spawner = new Spawner(library, this.#events);
    this.#jobs = new Jobs(library, this.#events);
    this.#archives = new Archives(library, this.#events);
    this.features = decodeFeatures(check(library.tsker_features(), 'probing the kernel'));
  }

  spawn(request: SpawnRequest): Spawned {
    return this.#spawner.spawn(request);
  }

  watch(pidfd: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const id = this.#events.add(() => {
      this.#events.remove(id);
      resolve();
    });
    const result = this.#library.tsker_watch(id, pidfd);
    if (result < 0) this.#events.remove(id);
    check(result, 'watching a process');
    return promise;
  }

  runPlan(ops: readonly Op[]): Promise<void> {
    return this.#jobs.runPlan(ops);
  }

  extract(request: ExtractRequest): Promise<ExtractResult> {
    return this.#jobs.extract(request);
  }

  assemble(request: AssembleRequest): Promise<AssembleResult> {
    return this.#jobs.assemble(request);
  }

  pack(request: PackRequest): Promise<PackResult> {
    return this.#archives.pack(request);
  }

  packList(request: PackListRequest): Promise<PackResult> {
    return this.#archives.packList(request);
  }

  place(request: PlaceRequest): Promise<PlaceResult> {
    return this.#archives.place(request);
  }

  stat(request: StatRequest): Promise<StatResult> {
    return this.#archives.stat(request);
  }

  openView(request: ViewRequest): Promise<number> {
    return this.#archives.openView(request);
  }

  closeLater(fd: number): Promise<void> {
    return this.#archives.closeLater(fd);
  }

  pump(request: PumpRequest): Pump {
    return startPump(this.#library, this.#events, request);
  }

  pipe(options: { nonblock?: boolean; wide?: boolean } = {}): { read: number; write: number } {
    const [read, write] = this.#makePair(options.wide === true ? PAIR.widePipe : PAIR.pipe, options);
    return { read, write };
  }

  socketpair(kind: 'stream' | 'dgram', options: { nonblock?: boolean } = {}): [number, number] {
    return this.#makePair(PAIR[kind], options);
  }

  openLog(request: LogRequest): LogSink {
    return openLogSink(this.#library, this.#events, request);
  }

  openRemote(request: RemoteRequest): RemoteSink {
    return openRemoteSink(this.#library, this.#events, request);
  }

  connectDatagram(address: string, port = 0): number {
    const result = this.#library.tsker_remote_datagram(cString(address, 'address'), port);
    return check(result, `connecting to ${address}`);
  }

  open(path: string, flags: number, mode = 0): number {
    return check(this.#library.tsker_open(cString(path, 'path'), flags, mode), `opening ${path}`);
  }

  dup(fd: number): number {
    return check(this.#library.tsker_dup(fd), `duplicating descriptor ${fd}`);
  }

  close(fd: number): void {
    check(this.#library.tsker_close(fd), `closing descriptor ${fd}`);
  }

  pidfdOpen(pid: number): number {
    const result = this.#library.tsker_pidfd_open(pid);
    if (result === -ERRNO.ESRCH) throw new TskerError('not_found', `process ${pid} does not exist`, { errno: 'ESRCH' });
    return check(result, `opening process ${pid}`);
  }

  connect(path: string): number {
    return check(this.#library.tsker_connect(cString(path, 'path')), `connecting to ${path}`);
  }

  receiveFd(socket: number): number | undefined {
    const result = this.#library.tsker_recv_fd(socket);
    return result === -ERRNO.EAGAIN ? undefined : check(result, 'receiving a descriptor');
  }

  unread(socket: number): number {
    return check(this.#library.tsker_unread(socket), 'asking a socket what its peer has read');
  }

  resizePty(master: number, rows: number, columns: number): void {
    check(this.#library.tsker_pty_resize(master, rows, columns), 'resizing a terminal');
  }

  lock(fd: number): boolean {
    const result = this.#library.tsker_lock(fd);
    if (result === -ERRNO.EAGAIN) return false;
    check(result, 'locking');
    return true;
  }

  listen(address: Uint8Array, type: 'stream' | 'dgram', protocol: number): number {
    const fd = this.#library.tsker_listen(address, address.length, SOCKET_TYPES[type], protocol);
    return check(fd, 'listening');
  }

  netlinkOpen(protocol: number): number {
    return check(this.#library.tsker_netlink_open(protocol), 'opening a netlink socket');
  }

  netlinkCall(fd: number, request: Uint8Array): Buffer {
    const answer = this.#answer;
    const size = this.#library.tsker_netlink_call(fd, request, request.length, answer, answer.length);
    return Buffer.from(answer.subarray(0, check(size, 'netlink')));
  }

  compileSeccomp(rules: SeccompRules): Promise<Buffer> {
    return this.#jobs.compileSeccomp(rules);
  }

  trim(): void {
    check(this.#library.tsker_trim(), 'giving memory back');
  }

  makeRoomForDescriptors(count: number): void {
    check(this.#library.tsker_room_for_descriptors(count), 'room for descriptors');
  }

  preferThread(helpers: readonly number[]): void {
    const ids = Buffer.alloc(4 * helpers.length);
    helpers.forEach((id, index) => void ids.writeInt32LE(id, 4 * index));
    check(this.#library.tsker_prefer(ids, helpers.length), 'real-time scheduling');
  }

  fsMagic(path: string): number {
    return check(this.#library.tsker_fs_magic(cString(path, 'path')), `statfs ${path}`);
  }

  getxattr(path: string, name: string): Buffer | undefined {
    const value = Buffer.alloc(XATTR_MAX);
    const size = this.#library.tsker_getxattr(cString(path, 'path'), cString(name, 'name'), value, value.length);
    if (size === -ERRNO.ENODATA || size === -ERRNO.EOPNOTSUPP) return undefined;
    return value.subarray(0, check(size, `getxattr ${path}`));
  }

  #makePair(kind: number, { nonblock = false }: { nonblock?: boolean }): [number, number] {
    check(this.#library.tsker_pair(kind, nonblock ? 1 : 0, this.#pair), 'making a pair of descriptors');
    return [this.#pair.readInt32LE(0), this.#pair.readInt32LE(4)];
  }
}

function decodeFeatures(bits: number): Features {
  return {
    cloneIntoCgroup: (bits & HAS.cloneIntoCgroup) !== 0,
    openat2: (bits & HAS.openat2) !== 0,
    mountSetattr: (bits & HAS.mountSetattr) !== 0,
    seccomp: (bits & HAS.seccomp) !== 0,
    nftables: (bits & HAS.nftables) !== 0,
    userns: (bits & HAS.userns) !== 0,
    overlay: (bits & HAS.overlay) !== 0,
    sysResource: (bits & HAS.sysResource) !== 0,
  };
}
