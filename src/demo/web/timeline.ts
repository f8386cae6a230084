// An explained start as rows of a chart: the modules that were entered, and the operations of the launch plan by what they belong to,
// each with when it began and how long it took. Pure.
import type { ExplainEvent, ExplainOperation } from '../../types/explain.ts';

export interface TimelineRow {
  /** A module of the engine; or operations, each a system call. */
  readonly kind: 'span' | 'phase';
  readonly label: string;
  readonly file: string;
  readonly depth: number;
  readonly slices: readonly Slice[];
}

/** Microseconds. */
export interface Slice {
  readonly start: number;
  readonly micros: number;
}

export interface Timeline {
  /** Microseconds. */
  readonly total: number;
  readonly rows: readonly TimelineRow[];
}

/** System calls that a row names; the others are counted. */
const NAMED = 3;

export function timelineOf(events: readonly ExplainEvent[]): Timeline {
  const micros = new Map(events.flatMap((event) => (event.type === 'leave' ? [[event.span, event.micros]] : [])));
  const depths = new Map<number, number>();
  const rows: TimelineRow[] = [];
  for (const event of events) {
    if (event.type !== 'enter') continue;
    const depth = event.parent === undefined ? 0 : (depths.get(event.parent) ?? 0) + 1;
    depths.set(event.span, depth);
    const slices = [{ start: event.at, micros: micros.get(event.span) ?? 0 }];
    rows.push({ kind: 'span', label: event.text, file: event.file, depth, slices });
  }
  const operations = events.filter((event) => event.type === 'operation');
  for (const [phase, some] of Map.groupBy(operations, (operation) => operation.phase)) {
    rows.push({
      kind: 'phase',
      label: `${phase}: ${callsOf(some)}`,
      file: some[0]?.file ?? '',
      depth: 0,
      slices: some.map(sliceOf),
    });
  }
  return { total: Math.max(0, ...events.map(({ at }) => at)), rows };
}

/** It is told when it is over. */
function sliceOf({ at, micros }: ExplainOperation): Slice {
  return { start: Math.max(0, at - (micros ?? 0)), micros: micros ?? 0 };
}

/** `12 × mount, 3 × mkdirat`: the most frequent first. */
function callsOf(operations: readonly ExplainOperation[]): string {
  const counts = [...Map.groupBy(operations, ({ syscall }) => syscall)].map(([name, some]) => ({
    name,
    count: some.length,
  }));
  const named = counts.sort((one, other) => other.count - one.count);
  const words = named.slice(0, NAMED).map(({ name, count }) => (count === 1 ? name : `${count} × ${name}`));
  return [...words, ...(named.length > NAMED ? ['…'] : [])].join(', ');
}
