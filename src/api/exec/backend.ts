// What the exec routes need of the engine; daemon/exec plays it. Types only.
import type { Duplex } from 'node:stream';
import type { ExecCreateRequest, ExecInspect } from '../../types/exec.ts';
import type { Taken } from '../hijack.ts';

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** What a client sent, for an exec that somebody wants explained. */
export interface AskedFor {
  readonly method: string;
  /** With version and query. */
  readonly path: string;
  /** When the request came: performance.now(). */
  readonly began: number;
}

export interface ExecStartOptions {
  readonly asked: AskedFor;
  /** How the client reads the stream: raw, or in frames. */
  readonly tty: boolean;
  /** Undefined: as the create said. */
  readonly size: TerminalSize | undefined;
}

/** An exec that was found good to start, so that 101 can be sent. It is the caller's alone from here on. */
export interface ExecAttaching {
  /** Starts it and carries bytes both ways over the client's connection (taken over). What goes wrong is told there. */
  connect(connection: Duplex, client: Taken): Promise<void>;
}

export interface ExecBackend {
  /** The id of the new exec. */
  createExec(container: string, request: ExecCreateRequest): string;
  /** Resolves when the program runs, and lets it go. */
  startExec(id: string, options: ExecStartOptions): Promise<void>;
  attachExec(id: string, options: ExecStartOptions): ExecAttaching;
  inspectExec(id: string): ExecInspect;
  /** Waits for a program that is being started. */
  resizeExec(id: string, size: TerminalSize): Promise<void>;
}
