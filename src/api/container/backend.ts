// What the container routes need of the engine, in small roles; daemon/container plays them. Types only.
import type { Duplex, Readable } from 'node:stream';
import type { ContainerPathStat, FilesystemChange } from '../../types/archive.ts';
import type {
  ContainerInspect,
  ContainerSummary,
  ContainersPruneResponse,
  CreateRequest,
  CreateResponse,
  LogLine,
  TopResponse,
  UpdateRequest,
  UpdateResponse,
  WaitCondition,
  WaitResponse,
} from '../../types/container.ts';
import type { HostFileWritten, HostTree, HostTreePlaced } from '../../types/near.ts';
import type { StatsResponse } from '../../types/stats.ts';
import type { FileIdentity } from '../../util/file-identity.ts';
import type { Filters } from '../filters.ts';
import type { Taken } from '../hijack.ts';

export interface CreateOptions {
  /** As the client wrote it; undefined: one is made up. */
  readonly name: string | undefined;
  readonly platform: string | undefined;
  readonly body: CreateRequest;
}

export interface StopOptions {
  /** Name or number; undefined: the container's own. */
  readonly signal: string | undefined;
  /** Seconds until SIGKILL; negative: never; undefined: the container's own. */
  readonly timeout: number | undefined;
}

export interface RemoveOptions {
  readonly force: boolean;
  /** Anonymous volumes too. */
  readonly volumes: boolean;
}

/** A wait whose container and condition were found good, so that 200 can be sent. */
export interface Waiting {
  readonly done: Promise<WaitResponse>;
  /** The client went away. */
  cancel(): void;
}

export interface ContainerLifecycle {
  create(options: CreateOptions): Promise<CreateResponse>;
  start(reference: string): Promise<void>;
  stop(reference: string, options: StopOptions): Promise<void>;
  restart(reference: string, options: StopOptions): Promise<void>;
  rename(reference: string, name: string): void;
  prune(filters: Filters): Promise<ContainersPruneResponse>;
  kill(reference: string, signal: string | undefined): Promise<void>;
  pause(reference: string): Promise<void>;
  unpause(reference: string): Promise<void>;
  update(reference: string, request: UpdateRequest): Promise<UpdateResponse>;
  remove(reference: string, options: RemoveOptions): Promise<void>;
  wait(reference: string, condition: WaitCondition): Waiting;
}

export interface ListOptions {
  readonly all: boolean;
  readonly size: boolean;
  /** The newest so many, of any state; 0 or less: no limit. */
  readonly limit: number;
  readonly filters: Filters;
}

export interface ContainerQueries {
  list(options: ListOptions): Promise<ContainerSummary[]>;
  inspect(reference: string, options: { readonly size: boolean }): Promise<ContainerInspect>;
  top(reference: string, psArguments: string): Promise<TopResponse>;
}

export interface LogOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly follow: boolean;
  /** Epoch nanoseconds. */
  readonly since: bigint | undefined;
  readonly until: bigint | undefined;
  /** Lines from the end; undefined: all. */
  readonly tail: number | undefined;
}

/** Logs that can be read: the container exists and its driver keeps them. */
export interface LogReading {
  readonly tty: boolean;
  /** Lines in batches, in order; ends by itself without `follow`. */
  read(signal: AbortSignal): AsyncIterable<readonly LogLine[]>;
}

export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** What was written before now, from the log. */
  readonly logs: boolean;
  /** What is written from now on. */
  readonly stream: boolean;
  /** Docker's frames tell stdout and stderr apart, unless there is a terminal. */
  readonly framed: boolean;
  /** `ctrl-p,ctrl-q`, letters; undefined: the default. */
  readonly detachKeys: string | undefined;
}

/** An attach whose container was found good, so that 101 can be sent. */
export interface Attaching {
  readonly tty: boolean;
  /** Carries bytes both ways over the client's connection (taken over) until one side has ended. */
  connect(connection: Duplex, client?: Taken): Promise<void>;
}

export interface ContainerStreams {
  logs(reference: string, options: LogOptions): LogReading;
  attach(reference: string, options: AttachOptions): Attaching;
  resize(reference: string, size: { readonly rows: number; readonly columns: number }): Promise<void>;
}

export interface StatsOptions {
  readonly stream: boolean;
  /** One sample at once, without one to compare it with. */
  readonly oneShot: boolean;
}

/** Statistics that can be read: the container exists. */
export interface StatsReading {
  read(signal: AbortSignal): AsyncIterable<StatsResponse>;
}

export interface ContainerStatistics {
  stats(reference: string, options: StatsOptions): StatsReading;
}

/** An archive that is about to be written: one of the two is called, once. Until then it holds the container's root. */
export interface ArchiveContent {
  /** To a client's bare connection, straight from the writer; in chunks of HTTP/1.1 without the last, or as it is. Rejects
   * when it is not whole. */
  sendTo(connection: Duplex, options: { readonly chunked: boolean }): Promise<void>;
  /** Through JavaScript. */
  read(): AsyncIterable<Uint8Array>;
}

/** An archive whose path was found, so that 200 can be sent. */
export interface ArchiveReading {
  readonly stat: ContainerPathStat;
  readonly content: ArchiveContent;
}

export interface ArchivePlacing {
  /** A directory is not replaced by something else, nor the other way round. */
  readonly noOverwriteDirNonDir: boolean;
  /** All belongs to the container's user, whatever the archive says. */
  readonly copyUidGid: boolean;
}

export interface ArchiveUpload extends ArchivePlacing {
  readonly body: Readable;
  readonly signal: AbortSignal;
}

export interface ContainerArchives {
  statPath(reference: string, path: string): Promise<ContainerPathStat>;
  readArchive(
    reference: string,
    options: { readonly path: string; readonly signal: AbortSignal },
  ): Promise<ArchiveReading>;
  placeArchive(reference: string, path: string, upload: ArchiveUpload): Promise<void>;
  exportTree(reference: string, signal: AbortSignal): Promise<ArchiveContent>;
  changes(reference: string): Promise<FilesystemChange[]>;
}

/** A new file of this machine that the daemon writes itself. */
export interface HostExport {
  readonly file: FileIdentity;
  readonly signal: AbortSignal;
}

/** Files of this machine that the daemon packs itself. */
export interface HostCopy extends ArchivePlacing {
  readonly tree: HostTree;
  readonly signal: AbortSignal;
}

/** A directory of this machine into which the daemon unpacks. */
export interface HostTake {
  readonly tree: HostTree;
  readonly signal: AbortSignal;
}

export interface HostCopies {
  /** Rejects with `not_found` also when what the client means is not to be seen from here. */
  placeHostTree(reference: string, path: string, copy: HostCopy): Promise<HostTreePlaced>;
  /** As `readArchive`; the same. */
  takeToHost(reference: string, path: string, take: HostTake): Promise<HostFileWritten>;
  /** As `exportTree`; the same. */
  exportToHostFile(reference: string, options: HostExport): Promise<HostFileWritten>;
}

export type ContainerBackend = ContainerArchives &
  HostCopies &
  ContainerStatistics &
  ContainerLifecycle &
  ContainerQueries &
  ContainerStreams;
