// An explained start on the wire: what POST /containers/{id}/start?explain=1 and GET /tsker/exec/{id}/explain stream, one of these a
// line (application/x-ndjson), in the order in which it happened. Shared by client and daemon; types only.

/** Microseconds since the daemon had read the request's head, to a tenth. */
export type Micros = number;

interface At {
  readonly at: Micros;
}

/** The first line. */
export interface ExplainRequest extends At {
  readonly type: 'request';
  readonly method: string;
  /** With version and query. */
  readonly path: string;
  /** RFC 3339: what `at` 0 is. */
  readonly time: string;
  readonly container: string;
  readonly name: string;
  /** Of the daemon. */
  readonly pid: number;
}

/** A module of the engine is entered. Spans nest: what was entered last is left first. */
export interface ExplainEnter extends At {
  readonly type: 'enter';
  readonly span: number;
  /** The span around it. */
  readonly parent?: number;
  /** A stable name of the step: `launch`, `spec`, `spawn`. */
  readonly step: string;
  /** From the root of the source tree: `src/daemon/container/launch.ts`. */
  readonly file: string;
  readonly function: string;
  /** What it does, as a sentence without a full stop. */
  readonly text: string;
}

export interface ExplainLeave extends At {
  readonly type: 'leave';
  readonly span: number;
  readonly micros: Micros;
  /** It threw. */
  readonly failed?: true;
}

/** What a module found or decided; `data` differs by topic. */
export type ExplainFact = At & { readonly type: 'fact'; readonly span?: number } & Fact;

export type Fact =
  | { readonly topic: 'image'; readonly data: ImageFact }
  | { readonly topic: 'layer'; readonly data: LayerFact }
  | { readonly topic: 'rootfs'; readonly data: RootfsFact }
  | { readonly topic: 'endpoint'; readonly data: EndpointFact }
  | { readonly topic: 'port'; readonly data: PortFact }
  | { readonly topic: 'ledger'; readonly data: LedgerFact }
  | { readonly topic: 'process'; readonly data: ProcessFact }
  | { readonly topic: 'again'; readonly data: AgainFact }
  | { readonly topic: 'joined'; readonly data: JoinedFact }
  | { readonly topic: 'hop'; readonly data: HopFact };

export interface ImageFact {
  /** As the user wrote it. */
  readonly reference: string;
  /** `sha256:…`. */
  readonly id: string;
  readonly layers: number;
  /** Bytes of all layers together. */
  readonly size: number;
}

export interface LayerFact {
  /** From 1, the lowest. */
  readonly number: number;
  readonly diffId: string;
  readonly chainId: string;
  /** Bytes of its own files. */
  readonly size: number;
  /** Where its files are; undefined where the driver has no directory for it. */
  readonly directory?: string;
}

/** The mount that becomes the container's root. */
export interface RootfsFact {
  readonly driver: string;
  readonly type: string;
  readonly source: string;
  /** What relative paths in the options start from. */
  readonly cwd?: string;
  readonly options: readonly string[];
  /** From the top; absolute. Missing where the driver stacks nothing. */
  readonly lower?: readonly string[];
  /** Where what the container changes is kept. */
  readonly upper?: string;
  readonly work?: string;
}

export interface EndpointFact {
  readonly network: string;
  readonly driver?: string;
  /** In the container: `eth0`. */
  readonly interface?: string;
  /** On the host: `veth…`. */
  readonly hostInterface?: string;
  /** The same at both ends. */
  readonly index?: number;
  /** With its prefix length. */
  readonly address?: string;
  readonly address6?: string;
  readonly gateway?: string;
  readonly mac?: string;
}

export interface PortFact {
  /** `80/tcp`. */
  readonly container: string;
  /** `0.0.0.0:8080`. */
  readonly host: string;
}

/** Written down with its inverse before it is made. */
export interface LedgerFact {
  readonly kind: string;
  readonly subject: string;
  /** Operations in words. */
  readonly undo: readonly string[];
}

/** The new process, whose plan is under way. */
export interface ProcessFact {
  /** On the host. */
  readonly pid: number;
  /** The clone3 that made it, as strace would show it. */
  readonly call: string;
  readonly operations: number;
}

/** What an exec's process shares with the container's first one. */
export interface JoinedFact {
  /** Of that first process, on the host. */
  readonly pid: number;
  readonly namespaces: readonly {
    /** As in /proc/<pid>/ns: `net`. */
    readonly name: string;
    /** Undefined when that process has ended meanwhile. */
    readonly inode?: number;
    /** By being born in it, or by a call of the helper. */
    readonly by: 'birth' | 'setns';
  }[];
  /** Below the mount points of the hierarchies. */
  readonly cgroup: string;
  /** `memory`, `cpu,cpuacct`; of version 2 `unified`. */
  readonly hierarchies: readonly string[];
}

/** Another process of the engine that has a part in it: in the split architecture. */
export interface HopFact {
  readonly program: string;
  readonly pid: number;
  /** What it does, as a sentence without a full stop. */
  readonly text: string;
}

/** What was done so far came to nothing by no fault of its own: it begins anew, with a process and a plan of its own. */
export interface AgainFact {
  /** From 2. */
  readonly attempt: number;
  /** How many there are at most. */
  readonly attempts: number;
  readonly reason: string;
}

/** One operation of a plan, and the system call it comes to. */
export interface OperationText {
  /** From 0, in the plan. */
  readonly index: number;
  /** The plan's own name of it: `MOUNT`. */
  readonly op: string;
  /** Name of the system call that does the work: `mount`. */
  readonly syscall: string;
  /** The whole call, as strace would show it. */
  readonly call: string;
  /** The C file that does it. */
  readonly file: string;
  /** What it belongs to: `cgroup`, `namespace`, `network`, `root`, `mount`, `device`, `hide`, `identity`, `program`. */
  readonly phase: string;
}

export interface ExplainOperation extends At, OperationText {
  readonly type: 'operation';
  /** Who did it: the new process (tsker-init), or a worker thread of the daemon. */
  readonly by: 'helper' | 'daemon';
  /** How many the plan has. */
  readonly count: number;
  /** 0 or a positive errno. */
  readonly errno: number;
  /** `0`, `EEXIST, which is as good`, `-1 ENOENT (no such file or directory)`, `does not return`. */
  readonly result: string;
  /** null: it does not return (EXEC). */
  readonly micros: Micros | null;
}

/** Only with `step`: the process waits before operation `next`. */
export interface ExplainPause extends At {
  readonly type: 'pause';
  readonly pid: number;
  readonly next: OperationText;
  readonly count: number;
  /** Seconds until the start is given up. */
  readonly limit: number;
}

/** The last line of a start that succeeded. */
export interface ExplainDone extends At {
  readonly type: 'done';
  /** 0: in the split architecture a program that has ended already. */
  readonly pid: number;
  readonly summary: ExplainSummary;
}

/** The last line of one that did not; what the answer's status and body would have been without `explain`. */
export interface ExplainFailed extends At {
  readonly type: 'failed';
  readonly status: number;
  readonly message: string;
  readonly hint?: string;
  readonly summary: ExplainSummary;
}

/** Where the time went; parts in order of appearance, their sum is the total. */
export interface ExplainSummary {
  readonly total: Micros;
  readonly parts: readonly ExplainPart[];
  /** Operations of the plan (of the last process, when a start began anew), and what they took together. */
  readonly operations: number;
  readonly operationMicros: Micros;
  /** Indices into the plan, the longest first. */
  readonly slowest: readonly number[];
}

export interface ExplainPart {
  readonly step: string;
  readonly text: string;
  /** Its own, without that of the spans inside. */
  readonly micros: Micros;
}

export type ExplainEvent =
  | ExplainRequest
  | ExplainEnter
  | ExplainLeave
  | ExplainFact
  | ExplainOperation
  | ExplainPause
  | ExplainDone
  | ExplainFailed;

/** What POST /tsker/containers/{id}/step?action= does with a process that waits. */
export type StepAction = 'next' | 'continue' | 'abort';
