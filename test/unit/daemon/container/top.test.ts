import test from 'ava';
import type { Container } from '../../../../src/daemon/container/container.ts';
import { parseProcess } from '../../../../src/daemon/container/proc.ts';
import { topContainer } from '../../../../src/daemon/container/top.ts';
import type { EventSink } from '../../../../src/daemon/events.ts';
import { TskerError } from '../../../../src/util/errors.ts';

const STAT =
  '42 (a (b) c) S 7 42 42 34816 42 4194304 1 0 0 0 150 50 0 0 20 0 3 0 500 1048576 10 18446744073709551615 1 1 0 0 0 0 0 0 0';

test('a process is read although its name is in the way', (t) => {
  const facts = parseProcess({
    pid: 42,
    stat: STAT,
    status: 'Name:\tx\nUid:\t0\t33\t33\t33\n',
    args: 'prog -x',
    bootTime: 1000,
    now: 11_000,
  });
  t.like(facts, {
    pid: 42,
    ppid: 7,
    comm: 'a (b) c',
    state: 'S',
    tty: 'pts/0',
    cpuTime: 2,
    threads: 3,
    uid: 33,
    user: '33',
    startedAt: 6000,
    vsz: 1_048_576,
    rss: 40_960,
  });
});

const record = { state: { status: 'running' }, name: 'n', image: 'i', config: { Image: 'i', Labels: {} } };
const container = { id: 'x', record } as unknown as Container;
const emitted: string[] = [];
const events = { emit: ({ Action }: { readonly Action: string }) => void emitted.push(Action) } as unknown as EventSink;
const runtime = { processes: () => [process.pid, 2 ** 22 + 1] };

for (const [args, titles] of [
  ['-ef', ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD']],
  ['aux', ['USER', 'PID', '%CPU', '%MEM', 'VSZ', 'RSS', 'TTY', 'STAT', 'START', 'TIME', 'COMMAND']],
  ['-o pid,comm', ['PID', 'COMMAND']],
  ['-o pid=P -o args', ['P', 'COMMAND']],
] as const) {
  test(`top ${args} shows ${titles.join(' ')}`, (t) => {
    const result = topContainer({ runtime, events }, container, args);
    t.deepEqual(result.Titles, titles);
    t.is(result.Processes.length, 1, 'a process that has ended is left out');
    t.is(result.Processes[0]?.length, titles.length);
    t.true(result.Processes[0]?.includes(String(process.pid)));
  });
}

for (const args of ['--sort=pid', '-o nonsense', '-o constructor', 'x']) {
  test(`refused: top ${args}`, (t) => {
    t.throws(() => topContainer({ runtime, events }, container, args), { instanceOf: TskerError });
  });
}

test('what does not run has no processes', (t) => {
  const exited = { id: 'x', record: { state: { status: 'exited' } } } as unknown as Container;
  t.is(t.throws(() => topContainer({ runtime, events }, exited, '-ef'))?.message, 'container x is not running');
});
