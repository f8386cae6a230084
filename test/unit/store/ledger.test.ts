import test from 'ava';
import type { Op } from '../../../src/native/ops.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { Ledger } from '../../../src/store/ledger.ts';

/** A ledger on a database in memory whose host is a list of the operations that were run. */
function setUp(fail: (op: Op) => boolean = () => false): { ledger: Ledger; done: Op[] } {
  const done: Op[] = [];
  const ledger = new Ledger(openDatabase(':memory:'), async (ops) => {
    for (const op of ops) {
      if (fail(op)) throw new Error(`${op.op} failed`);
      done.push(op);
    }
  });
  return { ledger, done };
}

test('undo runs the entries of one owner, newest first, and forgets them', async (t) => {
  const { ledger, done } = setUp();
  ledger.record('a', 'directory', '/one', [{ op: 'RMDIR', path: '/one' }]);
  ledger.record('b', 'directory', '/other', [{ op: 'RMDIR', path: '/other' }]);
  ledger.record('a', 'mount', '/two', [
    { op: 'UMOUNT', target: '/two', flags: 2 },
    { op: 'RMDIR', path: '/two' },
  ]);
  await ledger.undo('a');
  t.deepEqual(
    done.map((op) => ('path' in op ? op.path : 'target' in op ? op.target : '')),
    ['/two', '/two', '/one'],
  );
  t.deepEqual(ledger.owners(), ['b']);
});

test('an entry that cannot be undone stays, the others are undone, and the error names it', async (t) => {
  const { ledger } = setUp((op) => 'path' in op && op.path === '/stuck');
  ledger.record('a', 'directory', '/fine', [{ op: 'RMDIR', path: '/fine' }]);
  ledger.record('a', 'directory', '/stuck', [{ op: 'RMDIR', path: '/stuck' }]);
  const error = await t.throwsAsync(ledger.undo('a'));
  t.regex(error?.message ?? '', /directory \/stuck: RMDIR failed/);
  t.deepEqual(
    ledger.list().map((entry) => entry.subject),
    ['/stuck'],
  );
});

test('operations keep their bigints and bytes through the database', (t) => {
  const { ledger } = setUp();
  const undo: Op[] = [
    { op: 'NETLINK', slot: -1, protocol: 0, messages: new Uint8Array([1, 2, 255]) },
    { op: 'WRITE', path: '/x', data: Buffer.from('text') },
    { op: 'BOUNDING', mask: 0xffff_ffff_ffffn, tolerate: 22 },
  ];
  ledger.record('a', 'link', 'veth1', undo);
  const [entry] = ledger.list();
  t.deepEqual(entry?.undo[0], undo[0]);
  const write = entry?.undo[1];
  t.is(write?.op === 'WRITE' ? Buffer.from(write.data).toString() : undefined, 'text');
  t.deepEqual(entry?.undo[2], undo[2]);
});
