import test from 'ava';
import { timelineOf } from '../../../../src/demo/web/timeline.ts';
import type { ExplainEvent, ExplainOperation } from '../../../../src/types/explain.ts';

function operation(index: number, syscall: string, phase: string, at: number, micros: number | null): ExplainOperation {
  return {
    ...{ type: 'operation', at, index, op: syscall.toUpperCase(), syscall, call: `${syscall}(…)`, file: 'native/x.c' },
    ...{ phase, by: 'helper', count: 4, errno: 0, result: '0', micros },
  };
}

const EVENTS: readonly ExplainEvent[] = [
  { type: 'enter', at: 10, span: 1, step: 'start', file: 'src/start.ts', function: 'start', text: 'starts it' },
  { type: 'enter', at: 20, span: 2, parent: 1, step: 'spawn', file: 'src/spawn.ts', function: 'spawn', text: 'spawns' },
  operation(0, 'mount', 'mount', 40, 15),
  operation(1, 'mkdirat', 'mount', 45, 5),
  operation(2, 'mount', 'mount', 60, 10),
  operation(3, 'execve', 'program', 70, null),
  { type: 'leave', at: 75, span: 2, micros: 55 },
  { type: 'leave', at: 80, span: 1, micros: 70 },
];

test('modules stand below those that entered them, with the time until they were left', (t) => {
  const { total, rows } = timelineOf(EVENTS);
  t.is(total, 80);
  t.deepEqual(
    rows.filter(({ kind }) => kind === 'span').map(({ label, depth, slices }) => ({ label, depth, slices })),
    [
      { label: 'starts it', depth: 0, slices: [{ start: 10, micros: 70 }] },
      { label: 'spawns', depth: 1, slices: [{ start: 20, micros: 55 }] },
    ],
  );
});

test('operations are a row for what they belong to, each from when it began', (t) => {
  const rows = timelineOf(EVENTS).rows.filter(({ kind }) => kind === 'phase');
  t.deepEqual(
    rows.map(({ label }) => label),
    ['mount: 2 × mount, mkdirat', 'program: execve'],
  );
  t.deepEqual(rows[0]?.slices, [
    { start: 25, micros: 15 },
    { start: 40, micros: 5 },
    { start: 50, micros: 10 },
  ]);
  t.deepEqual(rows[1]?.slices, [{ start: 70, micros: 0 }]);
});

test('a start of which nothing is told is an empty chart', (t) => {
  t.deepEqual(timelineOf([]), { total: 0, rows: [] });
});
