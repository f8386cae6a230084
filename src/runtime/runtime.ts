// The runtime boundary (DESIGN.md, idea 2): an OCI spec and a root file system in, a process out. In-process is the
// monolith; other implementations (behind a shim, an external OCI runtime) come later behind the same interface.
import type { RootfsMount } from '../graphdriver/driver.ts';
import type { ExitStatus, OpTrace } from '../native/native.ts';
import type { Op } from '../native/ops.ts';
import type { ProcessRoot, ProcessRootOptions } from './archive.ts';
import type { CgroupStatistics } from './cgroup/stats.ts';
import type { StartWatch } from './narration.ts';
import type { Process, Resources, Spec } from './spec.ts';

/** Host side effects are written down before they are made; the caller keeps them under the container's name. */
export interface Effects {
  /** `undo` operations run in order when the container is removed or recovered; they must tolerate what is already gone. */
  record(kind: string, subject: string, undo: readonly Op[]): void;
}

/** Slot numbers that network set-up operations may use; the runtime passes the descriptors. */
export interface NetworkSlots {
  /** A rtnetlink socket of the host's namespace. */
  readonly hostNetlink: number;
  /** The container's network namespace (for IFLA_NET_NS_FD). */
  readonly netns: number;
  /** A unix socket over which SOCKET operations send what they open. */
  readonly sockets: number;
}

/** Of FIFOs: a runtime whose containers outlive the daemon opens them by name. `-`: /dev/null. */
export interface FifoPaths {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StdioFds {
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
  readonly paths?: FifoPaths;
}

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/**
 * A container that is created now and started later, by whoever writes a byte to its gate: all is set up and its program is
 * known to be there, but not executed. It outlives us unless the runtime ties processes to itself.
 */
export interface Hold {
  /** To read from; stays the caller's. */
  readonly gate: number;
  /** Called when namespaces and mounts are there and the root is not yet entered. When it throws, so does the start. */
  readonly onBuilt?: (pid: number) => Promise<void>;
}

/**
 * `socket`: a connected unix socket that the master is sent over; without it the master is the caller's. The descriptors are there
 * when the caller has no use for a master, but for what somebody copies from it and to it.
 */
export interface TerminalWish extends TerminalSize, Partial<Pick<StdioFds, 'stdin' | 'stdout' | 'paths'>> {
  readonly terminal: true;
  readonly socket?: number;
}

export interface StartRequest {
  readonly id: string;
  readonly spec: Spec;
  readonly rootfs: RootfsMount;
  /** Three descriptors that stay the caller's, or the wish for a terminal. */
  readonly stdio: StdioFds | TerminalWish;
  /** What the program gets as descriptors 3 and up; they stay the caller's. */
  readonly passFds?: readonly number[];
  readonly hold?: Hold;
  /** Operations run by the helper in its new network namespace. */
  readonly networkSetup?: (slots: NetworkSlots) => readonly Op[];
  /** How many sockets that sends. */
  readonly networkSockets?: number;
  readonly effects: Effects;
  readonly onTrace?: (op: Op, trace: OpTrace) => void;
  /** Is told of each step, when a start is to be explained. */
  readonly watch?: StartWatch;
}

/** What descriptors do where the process is somebody else's child. */
export interface ProcessControl {
  /** Resolves when the terminal has the size. */
  resize(size: TerminalSize): Promise<void>;
  /** Its stdin has been closed, and is to end for it. */
  closeStdin(): void;
}

export interface ContainerProcess {
  readonly pid: number;
  /** Master of the terminal, when one was asked for; the caller's from then on. Resolved before `started`. */
  readonly terminal: number | undefined;
  /** Absent: the descriptors are all there is to it. */
  readonly control?: ProcessControl;
  /** What the network set-up sent, in order; the caller's from then on. */
  readonly sockets: readonly number[];
  readonly exited: Promise<ExitStatus>;
  signal(signal: number): boolean;
}

export interface ExecRequest {
  /** What the process is called by whoever holds it for us: letters and digits, 64 at most. Made up unless told. */
  readonly name?: string;
  readonly process: Process;
  readonly stdio: StartRequest['stdio'];
  readonly passFds?: readonly number[];
  /** Called when the process has its streams, and the caller's copies of what it was given are needed no more; not by every runtime. */
  readonly onBorn?: () => void;
  /** Is told of each step, when the exec is to be explained; its plan is never paced. */
  readonly watch?: StartWatch;
}

export interface NetworkChange {
  readonly setup: (slots: NetworkSlots) => readonly Op[];
  /** How many sockets it sends. */
  readonly sockets: number;
}

export interface Runtime {
  readonly name: string;
  /** Its starts heed a watch's `pace`: they can be stepped through. */
  readonly canPace: boolean;
  /** Resolves when the program runs. A program that cannot be executed rejects with command_not_found or
   * command_not_executable and says why; whatever was made is undone through the effects by the caller. */
  start(request: StartRequest): Promise<ContainerProcess>;
  /** Another process in a running container's namespaces and cgroup. */
  exec(id: string, request: ExecRequest): Promise<ContainerProcess>;
  /** Changes a running container's network from within its namespace; the sockets that this sends are the caller's. */
  setUpNetwork(id: string, change: NetworkChange): Promise<readonly number[]>;
  /** All processes of a container, as host pids. */
  processes(id: string): number[];
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** True when the kernel killed for memory in this container. */
  oomKilled(id: string): boolean;
  /** Changes limits of a running container; what is missing stays. Throws when the kernel refuses one. */
  update(id: string, resources: Resources): Promise<void>;
  /** Its root as it sees it, for archives. Throws `conflict` when it has ended. */
  openRoot(id: string, options: Omit<ProcessRootOptions, 'process'>): Promise<ProcessRoot>;
  /** What a running container has used so far. */
  statistics(id: string): CgroupStatistics;
  /** Forgets a container that has exited; its effects are undone by the caller. */
  delete(id: string): Promise<void>;
}
