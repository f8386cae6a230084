// Who paces a start: what is in the pipe that a process reads, whichever process it is. The pipe is a file here, for a file tells how
// much was written to it.
import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { SteppedStart } from '../../../../src/daemon/explain/stepped-start.ts';
import type { OperationText } from '../../../../src/types/explain.ts';
import { TskerError } from '../../../../src/util/errors.ts';
import { tempdir } from '../../../helpers/tempdir.ts';

const PLAN: readonly OperationText[] = ['a', 'b', 'c', 'd'].map((call, index) => ({
  ...{ index, call, op: 'SETSID', syscall: 'setsid', file: 'x.c', phase: 'process' },
}));

interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** Its pipes in the order in which they were made, and which descriptors of them are closed. */
function startOf(t: ExecutionContext, limit = 60) {
  const directory = tempdir(t);
  const pipes: Pipe[] = [];
  const open = new Set<number>();
  const start = new SteppedStart({
    limit,
    native: {
      pipe: () => {
        const path = join(directory, String(pipes.length));
        const pipe = { write: openSync(path, 'a'), read: openSync(path, 'r') };
        for (const fd of Object.values(pipe)) open.add(fd);
        pipes.push(pipe);
        return pipe;
      },
      close: (fd) => {
        if (!open.delete(fd)) throw new Error(`descriptor ${fd} is closed twice`);
        closeSync(fd);
      },
    },
  });
  t.teardown(() => {
    start[Symbol.dispose]();
    if (open.size > 0) throw new Error('descriptors stay open');
  });
  const begin = (): Pipe => {
    const read = start.openPace();
    const pipe = pipes.at(-1);
    if (pipe === undefined || pipe.read !== read) throw new Error('it is not paced by a pipe of its own');
    start.spawned(100 + pipes.length, PLAN);
    start.reached(0);
    return pipe;
  };
  return { start, begin, open };
}

const bytesOf = ({ read }: Pipe): number => fstatSync(read).size;

test('a step is a byte, and nothing is done before the process waits again', (t) => {
  const { start, begin } = startOf(t);
  const pipe = begin();
  t.like(start.standing, { pid: 101, next: 0 });
  start.act('next');
  t.is(bytesOf(pipe), 1);
  t.is(start.standing, undefined);
  t.throws(() => start.act('next'), { instanceOf: TskerError, message: /does not wait/ });
  start.reached(1);
  t.is(start.standing?.next, 1);
  start.act('next');
  t.is(bytesOf(pipe), 2);
});

test('what is told to run on has bytes for the whole plan, and then the end: it can wait for nobody', (t) => {
  const { start, begin, open } = startOf(t);
  const pipe = begin();
  start.act('next');
  start.reached(1);
  start.act('continue');
  t.true(bytesOf(pipe) >= PLAN.length);
  t.deepEqual([...open], [pipe.read]);
  t.is(start.reached(2), undefined);
  start.giveUp('the client went away');
  t.is(start.reason, undefined);
});

test('a start that begins anew has a pipe of its own: what one process has not read is not for the next', (t) => {
  const { start, begin, open } = startOf(t);
  const first = begin();
  start.act('next');
  t.is(bytesOf(first), 1);
  const second = begin();
  t.is(open.size, 2, 'the first pipe is closed');
  t.is(bytesOf(second), 0);
  t.like(start.standing, { pid: 102, next: 0 });
});

test('one that begins anew when it runs on already is not paced at all', (t) => {
  const { start, begin, open } = startOf(t);
  begin();
  start.act('continue');
  t.is(start.openPace(), undefined);
  start.spawned(7, PLAN);
  t.is(start.reached(0), undefined);
  t.deepEqual([...open], []);
});

test('what was given up is an end for the process that waits, and none comes after it', (t) => {
  const { start, begin, open } = startOf(t);
  const pipe = begin();
  start.act('abort');
  t.deepEqual([...open], [pipe.read]);
  t.is(start.reason, 'it was aborted');
  const error = t.throws(() => start.openPace(), { instanceOf: TskerError });
  t.like(error, { code: 'cancelled', message: 'the start was given up: it was aborted' });
});

test('one limit is enough: that of a wait which is over gives nothing up', async (t) => {
  const { start, begin } = startOf(t, 0.05);
  begin();
  start.reached(0);
  start.act('continue');
  await new Promise((resolve) => setTimeout(resolve, 120));
  t.is(start.reason, undefined);
});
