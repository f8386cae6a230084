import test from 'ava';
import { Container } from '../../../../src/daemon/container/container.ts';
import type { ContainerRecord } from '../../../../src/daemon/container/record.ts';
import { Exec, type ExecConfig } from '../../../../src/daemon/exec/exec.ts';
import { inspectExec } from '../../../../src/daemon/exec/inspect.ts';
import { ExecStore } from '../../../../src/daemon/exec/store.ts';
import { TskerError } from '../../../../src/util/errors.ts';

const CONFIG: ExecConfig = {
  command: ['sh', '-c', 'true'],
  tty: true,
  attachStdin: true,
  attachStdout: true,
  attachStderr: false,
  detachKeys: Buffer.from([1, 2]),
  env: [],
  workingDir: '',
  user: '',
  privileged: false,
  size: { rows: 0, columns: 0 },
};

const makeExec = (id: string, containerId = 'c'): Exec =>
  new Exec(id, new Container({ id: containerId } as ContainerRecord), CONFIG);

function ended(store: ExecStore, exec: Exec): void {
  store.add(exec);
  exec.claim();
  exec.started(1);
  exec.finished(0);
  store.ended(exec);
}

test('an exec that nobody knows is not found in the words of Docker', (t) => {
  const error = t.throws(() => new ExecStore().get('abc'), { instanceOf: TskerError });
  t.like(error, { code: 'not_found', message: 'No such exec instance: abc' });
});

test('one that has ended can be asked about, and is not alive', (t) => {
  const store = new ExecStore();
  ended(store, makeExec('a'));
  t.is(store.get('a').exitCode, 0);
  t.deepEqual(store.liveOf('c'), []);
});

test('the oldest of those that have ended are forgotten', (t) => {
  const store = new ExecStore({ most: 2 });
  for (const id of ['a', 'b', 'c']) ended(store, makeExec(id));
  t.throws(() => store.get('a'));
  t.is(store.get('b').id, 'b');
  t.is(store.size, 2);
  const brief = new ExecStore({ remember: 0 });
  ended(brief, makeExec('a'));
  t.is(brief.size, 0);
});

test('with the end of the run goes what was never started, with the container everything', (t) => {
  const store = new ExecStore();
  const [waiting, running, other] = [makeExec('w'), makeExec('r'), makeExec('o', 'other')];
  for (const exec of [waiting, running, other]) store.add(exec);
  running.claim();
  t.deepEqual(
    store.liveOf('c').map(({ id }) => id),
    ['w', 'r'],
  );
  store.containerEnded('c');
  t.deepEqual(store.liveOf('c'), [running]);
  store.containerRemoved('c');
  t.is(store.size, 1);
});

test('one is started once', (t) => {
  const exec = makeExec('a');
  exec.claim();
  t.regex(t.throws(() => exec.claim())?.message ?? '', /already running/);
  exec.started(7);
  exec.finished(0);
  t.like(
    t.throws(() => exec.claim(), { instanceOf: TskerError }),
    { code: 'conflict', message: 'Error: Exec command a has already run' },
  );
});

test('inspect has the spelling and the zero values of Docker', (t) => {
  const exec = makeExec('a');
  t.deepEqual(inspectExec(exec), {
    ID: 'a',
    Running: false,
    ExitCode: null,
    ProcessConfig: { tty: true, entrypoint: 'sh', arguments: ['-c', 'true'], privileged: false },
    OpenStdin: true,
    OpenStderr: false,
    OpenStdout: true,
    CanRemove: false,
    ContainerID: 'c',
    DetachKeys: 'AQI=',
    Pid: 0,
  });
  exec.claim();
  exec.started(12);
  t.like(inspectExec(exec), { Running: true, Pid: 12, ExitCode: null });
  exec.finished(3);
  t.like(inspectExec(exec), { Running: false, Pid: 12, ExitCode: 3 });
});
