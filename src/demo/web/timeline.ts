// An explained start as rows of a chart: the modules that were entered, and the operations of the launch plan, each with when it
// began and how long it took. Pure.

export interface TimelineRow {
  /** A module of the engine; or an operation, which is a system call. */
  readonly kind: 'span' | 'operation';
  readonly label: string;
  readonly file: string;
  readonly depth: number;
  /** Microseconds, as the duration. */
  readonly start: number;
  readonly micros: number;
}

export interface Timeline {
  /** Microseconds. */
  readonly total: number;
  readonly rows: readonly TimelineRow[];
}
