// Turns of the event loop: who goes on at once, and in which order the others do.
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { Turns } from '../../../src/util/turns.ts';

/** All promises that were to be kept have been, and the loop has not turned. */
async function nextTicks(): Promise<void> {
  for (let tick = 0; tick < 10; tick += 1) await new Promise<void>((resolve) => void process.nextTick(resolve));
}

/** Notes a name when its turn has come. */
function join(gone: string[], name: string, turn: Promise<void>): void {
  void turn.then(() => gone.push(name));
}

test('where there is room for one only, the first goes on at once, the others one a turn, in order', async (t) => {
  const turns = new Turns({ room: 0 });
  const gone: string[] = [];
  for (const name of ['a', 'b', 'c']) join(gone, name, turns.take());
  await nextTicks();
  t.deepEqual(gone, ['a']);
  // A turn of the loop in which the next one goes on, after what was there before.
  await setImmediate();
  t.deepEqual(gone, ['a', 'b']);
  await setImmediate();
  t.deepEqual(gone, ['a', 'b', 'c']);
});

test('while there is room in a turn of the loop all go on in it', async (t) => {
  const turns = new Turns({ room: 60_000 });
  const gone: string[] = [];
  for (const name of ['a', 'b', 'c']) join(gone, name, turns.take());
  await nextTicks();
  t.deepEqual(gone, ['a', 'b', 'c']);
});

test('what one needs is known before the next goes on, however many kept promises it awaits on the way', async (t) => {
  const turns = new Turns({ room: 1 });
  const gone: string[] = [];
  const work = async (name: string): Promise<void> => {
    await turns.take();
    for (let step = 0; step < 20; step += 1) await undefined;
    const until = performance.now() + 2;
    while (performance.now() < until);
    gone.push(name);
  };
  const all = ['a', 'b', 'c'].map(work);
  await setImmediate();
  t.true(gone.length <= 2, gone.join());
  await Promise.all(all);
  t.deepEqual(gone, ['a', 'b', 'c']);
});

test('what has begun goes on before what is new', async (t) => {
  const turns = new Turns({ room: 0 });
  const gone: string[] = [];
  for (const name of ['a', 'new', 'newer']) join(gone, name, turns.take());
  for (const name of ['begun', 'begun later']) join(gone, name, turns.goOn());
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
  t.deepEqual(gone, ['a', 'begun', 'begun later', 'new', 'newer']);
});

test('nobody goes past those who wait, whatever room there is', async (t) => {
  const turns = new Turns({ room: 1 });
  const gone: string[] = [];
  join(gone, 'a', turns.take());
  const until = performance.now() + 2;
  while (performance.now() < until);
  join(gone, 'b', turns.take());
  await setImmediate();
  join(gone, 'c', turns.take());
  for (let turn = 0; turn < 2; turn += 1) await setImmediate();
  t.deepEqual(gone, ['a', 'b', 'c']);
});

test('who comes in a later turn waits for nobody', async (t) => {
  const turns = new Turns({ room: 0 });
  await turns.take();
  await setImmediate();
  await setImmediate();
  const gone: string[] = [];
  join(gone, 'later', turns.take());
  await nextTicks();
  t.deepEqual(gone, ['later']);
});
