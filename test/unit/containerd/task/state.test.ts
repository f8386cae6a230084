import test from 'ava';
import { TaskState } from '../../../../src/containerd/task/state.ts';
import type { TaskEvent } from '../../../../src/types/containerd.ts';

function watched() {
  const events: TaskEvent[] = [];
  const state = new TaskState('box', (event) => void events.push(event));
  const told = () => events.map(({ type, process, pid, exitCode }) => [type, process, pid, exitCode]);
  return { state, told };
}

test('an end that overtakes the beginning is kept, and told once', (t) => {
  const { state, told } = watched();
  state.expect('e1');
  state.ended({ name: 'e1', pid: 7, status: 3 });
  state.made('e1', 7);
  state.emit('exec', 'e1');
  state.ended({ name: 'e1', pid: 7, status: 4 });
  t.deepEqual(told(), [
    ['exit', 'e1', 7, 3],
    ['exec', 'e1', 7, undefined],
  ]);
  t.like(state.info(1).processes[0], { name: 'e1', pid: 7, exitCode: 3 });
});

test('the end of the first process is that of the task, the end of another is not', (t) => {
  const { state } = watched();
  for (const name of ['init', 'e1']) {
    state.expect(name);
    state.made(name, 5);
  }
  state.status = 'running';
  state.ended({ name: 'e1', pid: 5, status: 0 });
  t.is(state.info(1).status, 'running');
  state.ended({ name: 'init', pid: 5, status: 0 });
  t.is(state.info(1).status, 'stopped');
  t.true(state.hasEnded('init'));
});

test('what nobody saw end counts as killed, what had ended stays as it was', (t) => {
  const { state, told } = watched();
  state.recall({ name: 'init', pid: 5, status: -1 }, 1000);
  state.recall({ name: 'e1', pid: 6, status: 2 }, 1000);
  state.lost();
  t.deepEqual(told(), [['exit', 'init', 5, 137]]);
  t.like(state.info(0).processes[1], { name: 'e1', exitCode: 2, exitedAt: 1000 });
});

test('the end of a process that is not known is nothing', (t) => {
  const { state, told } = watched();
  state.ended({ name: 'e9', pid: 9, status: 0 });
  state.made('e9', 9);
  state.forget('e9');
  t.deepEqual(told(), []);
  t.deepEqual(state.info(1).processes, []);
});
