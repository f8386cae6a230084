// Where the time of a start went, from its events: each step's own time, without that of the steps inside. Pure.
import type { ExplainEvent, ExplainPart, ExplainSummary } from '../../types/explain.ts';

const SLOWEST = 5;
/** Between the steps: the daemon's own glue, and waiting for its event loop. */
const REST = { step: 'rest', text: 'in between' };

export function summarize(events: readonly ExplainEvent[], total: number): ExplainSummary {
  const born = events.findLastIndex((event) => event.type === 'fact' && event.topic === 'process');
  const helper = events.filter((event, index) => index > born && event.type === 'operation' && event.by === 'helper');
  const timed = helper.flatMap((event) => (event.type === 'operation' && event.micros !== null ? [event] : []));
  const parts = ownTimes(events);
  const rest = total - parts.reduce((sum, { micros }) => sum + micros, 0);
  return {
    total: tenth(total),
    parts: [...parts, { ...REST, micros: tenth(Math.max(0, rest)) }],
    operations: helper.length,
    operationMicros: tenth(timed.reduce((sum, event) => sum + (event.micros ?? 0), 0)),
    slowest: timed
      .toSorted((a, b) => (b.micros ?? 0) - (a.micros ?? 0))
      .slice(0, SLOWEST)
      .map(({ index }) => index),
  };
}

/** Of the same step entered twice the sum. */
function ownTimes(events: readonly ExplainEvent[]): ExplainPart[] {
  const entered = events.filter((event) => event.type === 'enter');
  const took = new Map(
    events.flatMap((event) => (event.type === 'leave' ? [[event.span, event.micros] as const] : [])),
  );
  const own = new Map<string, ExplainPart>();
  for (const { span, step, text } of entered) {
    const inside = entered
      .filter(({ parent }) => parent === span)
      .reduce((sum, one) => sum + (took.get(one.span) ?? 0), 0);
    const micros = Math.max(0, (took.get(span) ?? 0) - inside);
    own.set(step, { step, text, micros: tenth((own.get(step)?.micros ?? 0) + micros) });
  }
  return [...own.values()];
}

/** To a tenth of a microsecond. */
export function tenth(micros: number): number {
  return Math.round(micros * 10) / 10;
}
