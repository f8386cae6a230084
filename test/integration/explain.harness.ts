// What tests of explained starts share: the lines of a stream as events, and those of one type.
import type { ExplainEvent } from '../../src/types/explain.ts';

/** A last line that has not come whole is left out. */
export function parseEvents(text: string): ExplainEvent[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ExplainEvent);
}

type Of<T extends ExplainEvent['type']> = Extract<ExplainEvent, { type: T }>;

export function ofType<T extends ExplainEvent['type']>(events: readonly ExplainEvent[], type: T): Of<T>[] {
  return events.filter((event): event is Of<T> => event.type === type);
}
