import test from 'ava';
import {
  complaintOf,
  createWords,
  execWords,
  isGone,
  isUnsettledFreezer,
  verbWords,
} from '../../../src/containerd/runtime-command.ts';

test('every verb is said in the words of runc', (t) => {
  t.is(
    createWords('abc', { terminal: false }).join(' '),
    '--log init.log --log-format json create --bundle . --pid-file init.pid abc',
  );
  t.is(
    createWords('abc', { terminal: true }).join(' '),
    '--log init.log --log-format json create --bundle . --pid-file init.pid --console-socket init.pty abc',
  );
  t.is(
    execWords('abc', { process: 'e1', terminal: true }).join(' '),
    '--log e1.log --log-format json exec --detach --process e1.json --pid-file e1.pid --console-socket e1.pty abc',
  );
  t.is(verbWords('kill', 'abc', { after: ['9'] }).join(' '), '--log kill.log --log-format json kill abc 9');
  t.is(
    verbWords('delete', 'abc', { before: ['--force'] }).join(' '),
    '--log delete.log --log-format json delete --force abc',
  );
});

test('what a runtime complains of is its last error', (t) => {
  const log = [
    '{"level":"warning","msg":"a limit"}',
    '{"level":"error","msg":"first"}',
    '{"level":"error","msg":"runc create failed: no"}',
    '',
  ].join('\n');
  t.is(complaintOf(log), 'runc create failed: no');
  t.is(complaintOf('plain words\n'), 'plain words');
  t.is(complaintOf('{broken\n'), '{broken');
  t.is(complaintOf('{"level":"warning","msg":"a limit"}\n'), '');
  t.is(complaintOf(''), '');
});

test('a freezer that runc gives up on is told from what cannot be paused', (t) => {
  t.true(isUnsettledFreezer(new Error('OCI runtime pause failed: unable to freeze')));
  t.false(isUnsettledFreezer(new Error('OCI runtime pause failed: container not running')));
  t.false(isUnsettledFreezer(undefined));
});

test('a container that is not there is told from one that cannot be deleted', (t) => {
  t.true(isGone(new Error('OCI runtime delete failed: container does not exist')));
  t.false(isGone(new Error('OCI runtime delete failed: cannot delete container box that is not stopped: running')));
});
