import test from 'ava';
import { SharedTasks, type TaskContext } from '../../../src/registry/shared-tasks.ts';

interface Client {
  readonly heard: string[];
  readonly controller: AbortController;
  readonly emit: (message: string) => void;
  readonly signal: AbortSignal;
}

function client(): Client {
  const heard: string[] = [];
  const controller = new AbortController();
  return { heard, controller, emit: (message) => void heard.push(message), signal: controller.signal };
}

/** A task that ends when told, and is cancelled by its signal. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const state = {
    starts: 0,
    cancelled: false,
    cleanedUp: false,
    context: undefined as TaskContext<string> | undefined,
  };
  const run = (context: TaskContext<string>): Promise<number> => {
    state.starts += 1;
    state.context = context;
    context.signal.addEventListener('abort', () => {
      state.cancelled = true;
      setTimeout(() => {
        state.cleanedUp = true;
        reject(new Error('cleaned up'));
      }, 5);
    });
    return promise;
  };
  return { state, run, resolve, reject };
}

test('two clients share one run, and both hear it', async (t) => {
  const tasks = new SharedTasks<number, string>();
  const { state, run, resolve } = work();
  const [a, b] = [client(), client()];
  const first = tasks.join('k', a, run);
  state.context?.emit('one');
  const second = tasks.join('k', b, run);
  state.context?.emit('two');
  resolve(7);
  t.deepEqual(await Promise.all([first, second]), [7, 7]);
  t.is(state.starts, 1);
  t.deepEqual(a.heard, ['one', 'two']);
  t.deepEqual(b.heard, ['one', 'two'], 'who comes later hears where it is');
});

test('the run goes on when one of two leaves, and is cancelled when the last one does', async (t) => {
  const tasks = new SharedTasks<number, string>();
  const { state, run } = work();
  const [a, b] = [client(), client()];
  const first = tasks.join('k', a, run);
  const second = tasks.join('k', b, run);
  a.controller.abort();
  await t.throwsAsync(first, { code: 'cancelled' });
  t.false(state.cancelled);
  b.controller.abort();
  await t.throwsAsync(second, { code: 'cancelled' });
  t.true(state.cancelled);
  t.true(state.cleanedUp, 'the last one waits until the work has cleaned up');
});

test('a failure reaches everybody, and the next client starts anew', async (t) => {
  const tasks = new SharedTasks<number, string>();
  const failing = work();
  const joins = [client(), client()].map((each) => tasks.join('k', each, failing.run));
  failing.reject(new Error('no'));
  for (const join of joins) await t.throwsAsync(join, { message: 'no' });
  t.is(await tasks.join('k', client(), async () => 1), 1);
});

test('who depends on a task in flight finds its result', async (t) => {
  const tasks = new SharedTasks<number, string>();
  const { run, resolve } = work();
  const joined = tasks.join('k', client(), run);
  const result = tasks.resultOf('k');
  resolve(3);
  t.is(await result, 3);
  await joined;
  t.is(tasks.resultOf('k'), undefined);
});

test('a client that has gone already starts nothing', async (t) => {
  const tasks = new SharedTasks<number, string>();
  const { state, run } = work();
  await t.throwsAsync(tasks.join('k', { emit: () => undefined, signal: AbortSignal.abort() }, run), {
    code: 'cancelled',
  });
  t.is(state.starts, 0);
});
