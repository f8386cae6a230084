// What is told of a plan, and before which of its operations a start waits.
import test from 'ava';
import type { Op } from '../../../../src/native/ops.ts';
import { Recorder, type Stepper, textsOf } from '../../../../src/runtime/explain/recorder.ts';
import type { ExplainEvent } from '../../../../src/types/explain.ts';

const PLAN: readonly Op[] = [{ op: 'SETSID', optional: true }, { op: 'PIVOT' }, { op: 'NO_NEW_PRIVS' }];
const ENOENT = 2;

function recorded() {
  const events: ExplainEvent[] = [];
  const waits: number[] = [];
  const stepper: Stepper = {
    openPace: () => 9,
    spawned: () => undefined,
    reached: (next) => {
      waits.push(next);
      return 60;
    },
  };
  const recorder = new Recorder({ tell: (event) => events.push(event), now: () => 0, begin: 0, stepper });
  const spawn = (pid: number): void => {
    recorder.openPace();
    recorder.spawned({ pid, cloneFlags: 0, intoCgroup: false, plan: PLAN });
  };
  const trace = (index: number, errno = 0): void => recorder.traced({ index, errno, nanoseconds: 1000n });
  return { recorder, events, waits, spawn, trace };
}

test('a plan waits before each operation, also behind one that may fail', (t) => {
  const { waits, spawn, trace } = recorded();
  spawn(7);
  trace(0, ENOENT);
  trace(1);
  t.deepEqual(waits, [0, 1, 2]);
});

test('behind an operation that ended the plan nothing waits, and a new process begins at the first', (t) => {
  const { recorder, events, waits, spawn, trace } = recorded();
  spawn(7);
  trace(0);
  trace(1, ENOENT);
  spawn(8);
  t.deepEqual(waits, [0, 1, 0]);
  trace(0);
  recorder.done(8);
  const done = events.at(-1);
  t.is(done?.type === 'done' ? done.summary.operations : undefined, 1, 'the summary is of the last process');
});

test('what another process has told belongs to the step that is open, with spans of our numbers', (t) => {
  const { recorder, events } = recorded();
  const step = { name: 'outer', file: 'a.ts', function: 'a', text: 'a' };
  const leave = recorder.enter(step);
  const place = { file: 'b.ts', function: 'b', text: 'b' };
  recorder.relay([
    { type: 'enter', at: 1, span: 1, step: 'first', ...place },
    { type: 'enter', at: 2, span: 2, parent: 1, step: 'second', ...place },
    { type: 'leave', at: 3, span: 2, micros: 1 },
    { type: 'leave', at: 4, span: 1, micros: 3 },
  ]);
  leave();
  const spans = events.map((event) => (event.type === 'enter' ? [event.step, event.span, event.parent] : event.type));
  t.deepEqual(spans, [['outer', 1, undefined], ['first', 2, 1], ['second', 3, 2], 'leave', 'leave', 'leave']);
});

test('what a relayed plan did when nobody timed it any more is told when its program runs', (t) => {
  const { recorder, events } = recorded();
  const texts = textsOf(PLAN);
  const [first] = texts;
  if (first === undefined) return t.fail();
  const outcome = { by: 'helper', count: 3, errno: 0, result: '0', micros: 1 } as const;
  recorder.relay([
    { type: 'plan', texts },
    { type: 'fact', at: 1, topic: 'process', data: { pid: 9, call: 'clone3()', operations: 3 } },
    { type: 'operation', at: 2, ...first, ...outcome },
  ]);
  t.is(recorder.pid, 9);
  recorder.executed();
  const told = events.flatMap((event) =>
    event.type === 'operation' ? [[event.index, event.micros, event.result]] : [],
  );
  t.deepEqual(told, [
    [0, 1, '0'],
    [1, null, '0'],
    [2, null, 'does not return'],
  ]);
});
