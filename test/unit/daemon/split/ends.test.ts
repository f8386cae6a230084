import test from 'ava';
import { Ends } from '../../../../src/daemon/split/runtime/ends.ts';

const BOX = { id: 'box', process: 'init' };
const EXEC = { id: 'box', process: 'e1' };

test('an end is told to who expects it, once', async (t) => {
  const ends = new Ends();
  const exited = ends.expect(BOX);
  t.true(ends.isExpected(BOX));
  ends.tell(BOX, 3);
  ends.tell(BOX, 4);
  t.deepEqual(await exited, { code: 3, signal: undefined });
  t.false(ends.isExpected(BOX));
});

test('a code above 128 is that of a signal', async (t) => {
  const ends = new Ends();
  const exited = ends.expect(BOX);
  ends.tell(BOX, 137);
  t.deepEqual(await exited, { code: 137, signal: 9 });
});

test('processes of one container are told apart, and what is dropped is nobody’s', (t) => {
  const ends = new Ends();
  void ends.expect(BOX);
  void ends.expect(EXEC);
  ends.tell(EXEC, 0);
  t.deepEqual(
    ends.all().map(({ id, process }) => ({ id, process })),
    [BOX],
  );
  ends.drop(BOX);
  t.deepEqual(ends.all(), []);
});
