import { PassThrough } from 'node:stream';
import test from 'ava';
import { SshSessions } from '../../../../src/builder/ssh/sessions.ts';

const SESSION = 'a'.repeat(32);

test('a session is there until its connection is closed', async (t) => {
  const sessions = new SshSessions();
  const connection = new PassThrough();
  sessions.open(SESSION, connection);
  t.true(sessions.has(SESSION));
  connection.destroy();
  await new Promise((resolve) => connection.once('close', resolve));
  t.false(sessions.has(SESSION));
});

test('a connection that comes second is closed, and its end is not that of the first', async (t) => {
  const sessions = new SshSessions();
  const [first, second] = [new PassThrough(), new PassThrough()];
  sessions.open(SESSION, first);
  sessions.open(SESSION, second);
  t.true(second.destroyed);
  await new Promise((resolve) => setImmediate(resolve));
  t.true(sessions.has(SESSION));
  first.destroy();
});

test('a connection that was closed before is no session', (t) => {
  const sessions = new SshSessions();
  sessions.open(SESSION, new PassThrough().destroy());
  t.false(sessions.has(SESSION));
});
