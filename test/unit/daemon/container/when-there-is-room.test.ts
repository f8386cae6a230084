import test from 'ava';
import { whenThereIsRoom } from '../../../../src/daemon/container/when-there-is-room.ts';

const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });

function setUp() {
  const said: string[] = [];
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  return { said, waiting: { log: { ...log, error: (message: string) => void said.push(message) }, what: 'the end' } };
}

test('a change is tried until there is room, and the log says once that it waits', async (t) => {
  const { said, waiting } = setUp();
  let tries = 0;
  await whenThereIsRoom(waiting, () => {
    tries += 1;
    if (tries < 3) throw full;
  });
  t.is(tries, 3);
  t.deepEqual(said, ['the end waits for room on the disk']);
});

test('any other failure is thrown at once', async (t) => {
  const { said, waiting } = setUp();
  await t.throwsAsync(
    whenThereIsRoom(waiting, async () => {
      throw new Error('no');
    }),
    { message: 'no' },
  );
  t.deepEqual(said, []);
});
