// The trace that Perfetto opens: the structure of the Trace Event Format, checked as a reader of it would.
import test from 'ava';
import { createChromeTrace, type TraceEvent, toTraceEvents } from '../../../../src/cli/explain/chrome.ts';
import { EVENTS } from './events.ts';

test('a trace is one JSON object with its events, and nothing is written before the end', (t) => {
  const trace = createChromeTrace();
  t.deepEqual([...new Set(EVENTS.map((event) => trace.event(event)))], ['']);
  const { displayTimeUnit, traceEvents } = JSON.parse(trace.end()) as {
    displayTimeUnit: string;
    traceEvents: TraceEvent[];
  };
  t.is(displayTimeUnit, 'ms');
  t.true(traceEvents.length > 5);
});

test('every event of a trace has what its phase asks for', (t) => {
  for (const event of toTraceEvents(EVENTS)) {
    t.true(Number.isInteger(event.pid) && Number.isInteger(event.tid), event.name);
    if (event.ph === 'M') {
      t.is(event.name, 'process_name');
      t.is(typeof event.args['name'], 'string');
      continue;
    }
    t.true(typeof event.ts === 'number' && event.ts >= 0, event.name);
    t.is(typeof event.cat, 'string');
    if (event.ph === 'X') t.true(typeof event.dur === 'number' && event.dur >= 0, event.name);
    else t.is(event.s, 't');
  }
});

test('complete events of a track nest or follow each other, and the tracks are those of daemon and process', (t) => {
  const events = toTraceEvents(EVENTS);
  t.deepEqual([...new Set(events.map(({ pid }) => pid))].toSorted(), [100, 200]);
  const complete = events.filter(({ ph }) => ph === 'X');
  for (const a of complete) {
    for (const b of complete) {
      if (a === b || a.pid !== b.pid) continue;
      const [aBegin, aEnd, bBegin, bEnd] = [
        a.ts ?? 0,
        (a.ts ?? 0) + (a.dur ?? 0),
        b.ts ?? 0,
        (b.ts ?? 0) + (b.dur ?? 0),
      ];
      const apart = aEnd <= bBegin || bEnd <= aBegin;
      const within = (aBegin <= bBegin && bEnd <= aEnd) || (bBegin <= aBegin && aEnd <= bEnd);
      t.true(apart || within, `${a.name} and ${b.name}`);
    }
  }
});
