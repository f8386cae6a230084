// What the routes of the teaching side need of the engine, in small roles; daemon/explain plays them. Types only.
import type { ExplainEvent, StepAction } from '../../types/explain.ts';
import type { Peek, Xray } from '../../types/xray.ts';

export interface ExplainedStart {
  readonly method: string;
  /** With version and query. */
  readonly path: string;
  /** When the request came: performance.now(). */
  readonly began: number;
  /** Given when it is to wait before each operation of its plan. */
  readonly step?: {
    /** Seconds that it may wait before one. */
    readonly limit: number;
  };
  /** The client went away: a start that waits for steps is given up. */
  readonly signal: AbortSignal;
  /** Called for each event, in order. */
  readonly tell: (event: ExplainEvent) => void;
}

/** Somebody who listens to an exec that is not started yet. */
export interface ExecListening {
  /** Resolves when its start has been told, when it will never be started, or when the client has gone. */
  run(options: Pick<ExplainedStart, 'signal' | 'tell'>): Promise<void>;
}

export interface ExplainBackend {
  /** Rejects when the start is refused before anything is done; what fails later is the last event. */
  startExplained(reference: string, options: ExplainedStart): Promise<void>;
  /** Throws not_found, and conflict when it was started before or somebody listens already. */
  listenToExec(id: string): ExecListening;
  /** Throws conflict when it does not wait. */
  step(reference: string, action: StepAction): void;
  /** Throws conflict when it is not being stepped through. */
  peek(reference: string): Peek;
  /** Throws conflict when it does not run. */
  xray(reference: string): Promise<Xray>;
}
