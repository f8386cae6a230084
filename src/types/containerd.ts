// What is said on containerd's socket: one JSON document a line. `{"id":1,"method":"tasks.list"}` is answered with a line of the same
// id; who has asked for `events.subscribe` gets a line an event besides. Where the real containerd has gRPC and protobuf for
// this, lines can be typed by hand: `nc -U /run/tsker/containerd/containerd.sock`.

/** `init` is the container's first process; execs have names of their own. */
export const INIT = 'init';

/** The code of a process whose end nobody saw: as if killed. */
export const LOST = 137;

export type TaskStatus = 'created' | 'running' | 'paused' | 'stopped';

export interface ProcessInfo {
  readonly name: string;
  readonly pid: number;
  /** Undefined: it runs. 128 + a signal's number. */
  readonly exitCode?: number;
  /** Epoch milliseconds; of the first process. */
  readonly exitedAt?: number;
}

export interface TaskInfo {
  readonly id: string;
  readonly status: TaskStatus;
  /** Of the shim; 0 when it is gone. */
  readonly shim: number;
  /** `init` first. */
  readonly processes: readonly ProcessInfo[];
}

/** Where a process's streams are: paths of FIFOs, or of another process's descriptors; `-`: /dev/null. No space in them. */
export interface StreamPaths {
  readonly terminal: boolean;
  readonly stdin: string;
  readonly stdout: string;
  /** `-` with a terminal. */
  readonly stderr: string;
}

interface OfTask {
  readonly id: string;
}

interface OfProcess extends OfTask {
  readonly process: string;
}

/** Every method with its parameters and what it is answered. */
export interface Methods {
  version: {
    params: Record<string, never>;
    result: { readonly version: string; readonly pid: number; readonly runtime: readonly string[] };
  };
  /** The bundle is <state>/tasks/<id>: config.json and the root file system it names. Makes its shim, which has the runtime `create`. */
  'tasks.create': { params: OfTask & StreamPaths; result: { readonly pid: number; readonly shim: number } };
  'tasks.start': { params: OfTask; result: Record<string, never> };
  /** `process`: a process of the spec. */
  'tasks.exec': {
    params: OfProcess & StreamPaths & { readonly spec: object };
    result: { readonly pid: number };
  };
  'tasks.kill': { params: OfProcess & { readonly signal: number }; result: Record<string, never> };
  'tasks.pause': { params: OfTask; result: Record<string, never> };
  'tasks.resume': { params: OfTask; result: Record<string, never> };
  'tasks.update': { params: OfTask & { readonly resources: object }; result: Record<string, never> };
  'tasks.resize': {
    params: OfProcess & { readonly rows: number; readonly columns: number };
    result: Record<string, never>;
  };
  /** The program's input is to end once its writers have. */
  'tasks.closeStdin': { params: OfProcess; result: Record<string, never> };
  /** Nobody will read what it writes: it is thrown away from now on, and does not fill its pipes. */
  'tasks.drain': { params: OfProcess; result: Record<string, never> };
  /** Forgets an exec that has ended; of `init` the task: kills what runs, has the runtime `delete`, and ends the shim. */
  'tasks.delete': { params: OfProcess; result: Record<string, never> };
  'tasks.list': { params: Record<string, never>; result: readonly TaskInfo[] };
  'events.subscribe': { params: Record<string, never>; result: Record<string, never> };
}

export type Method = keyof Methods;

export interface TaskEvent {
  readonly type: 'create' | 'start' | 'exec' | 'exit' | 'pause' | 'resume' | 'delete';
  readonly id: string;
  readonly process: string;
  readonly pid: number;
  /** With `exit`. */
  readonly exitCode?: number;
  /** Epoch milliseconds. */
  readonly time: number;
}

export interface WireRequest {
  readonly id: number;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

export interface WireFailure {
  readonly code: 'invalid' | 'not_found' | 'conflict' | 'internal';
  readonly message: string;
}

export type WireMessage =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: WireFailure }
  | { readonly event: TaskEvent };
