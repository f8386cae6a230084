// An explained start in the Chrome trace event format, which ui.perfetto.dev and chrome://tracing open: a track for the daemon, one
// for the new process. Pure; format: "Trace Event Format", complete events (ph X), instants (i) and names (M).
import type { ExplainEnter, ExplainEvent, ExplainOperation } from '../../types/explain.ts';
import type { Renderer } from './narrate.ts';

export interface TraceEvent {
  readonly ph: 'X' | 'i' | 'M';
  readonly name: string;
  readonly cat?: string;
  /** Microseconds. */
  readonly ts?: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  /** Of an instant: it belongs to its thread. */
  readonly s?: 't';
  readonly args: Readonly<Record<string, unknown>>;
}

export function createChromeTrace(): Renderer {
  const events: ExplainEvent[] = [];
  return {
    event(event) {
      events.push(event);
      return '';
    },
    end: () => `${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: toTraceEvents(events) })}\n`,
  };
}

export function toTraceEvents(events: readonly ExplainEvent[]): TraceEvent[] {
  const daemon = events.find((event) => event.type === 'request')?.pid ?? 1;
  // More than one when a start began anew; what is told of a plan behind it is the last one's.
  const born = events.flatMap((event) => (event.type === 'fact' && event.topic === 'process' ? [event.data.pid] : []));
  const named = [nameOf(daemon, 'tsker daemon'), ...born.map((pid) => nameOf(pid, 'the new process'))];
  let helper = daemon + 1;
  const entered = new Map(events.flatMap((event) => (event.type === 'enter' ? [[event.span, event] as const] : [])));
  return [
    ...named,
    ...events.flatMap((event): TraceEvent[] => {
      switch (event.type) {
        case 'leave': {
          const span = entered.get(event.span);
          return span === undefined ? [] : [spanOf(span, event.micros, daemon)];
        }
        case 'operation':
          return [operationOf(event, event.by === 'daemon' ? daemon : helper)];
        case 'fact': {
          const { at: ts, topic, data } = event;
          if (topic === 'process') helper = data.pid;
          return [{ ph: 'i', s: 't', name: topic, cat: 'fact', ts, pid: daemon, tid: daemon, args: { ...data } }];
        }
        default:
          return [];
      }
    }),
  ];
}

function nameOf(pid: number, name: string): TraceEvent {
  return { ph: 'M', name: 'process_name', pid, tid: pid, args: { name } };
}

function spanOf({ at, step, file, function: name, text }: ExplainEnter, micros: number, pid: number): TraceEvent {
  return {
    ph: 'X',
    name: step,
    cat: 'module',
    ts: at,
    dur: micros,
    pid,
    tid: pid,
    args: { file, function: name, text },
  };
}

/** What does not return has no duration. */
function operationOf(
  { at, call, result, micros, syscall, phase, file, index }: ExplainOperation,
  pid: number,
): TraceEvent {
  const args = { call, result, file, index };
  const common = { name: syscall, cat: phase, ts: at, pid, tid: pid, args };
  return micros === null ? { ...common, ph: 'i', s: 't' } : { ...common, ph: 'X', dur: micros };
}
