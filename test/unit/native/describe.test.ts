import test from 'ava';
import { describeFailure, describeOp } from '../../../src/native/describe.ts';
import { ERRNO } from '../../../src/native/errno.ts';
import type { Op } from '../../../src/native/ops.ts';

const table: readonly (readonly [Op, string])[] = [
  [{ op: 'MKDIR', path: '/x', mode: 0o755 }, 'mkdir /x'],
  [{ op: 'MOUNT', source: 'proc', target: '/proc', type: 'proc', flags: 0, data: '' }, 'mount /proc'],
  [{ op: 'BIND', source: '/a', target: '/b', flags: 0, propagation: 0 }, 'bind /b'],
  [{ op: 'SYMLINK', content: '/a', path: '/b' }, 'symlink /b'],
  [{ op: 'RENAME', from: '/a', to: '/b' }, 'rename /b'],
  [{ op: 'HOSTNAME', name: 'web' }, 'hostname web'],
  [{ op: 'EXEC', argv: ['sh', '-c', 'true'], envp: [], flags: 0 }, 'exec sh'],
  [{ op: 'EXEC', argv: [], envp: [], flags: 0 }, 'exec'],
  [{ op: 'PIVOT' }, 'pivot'],
  [{ op: 'UNSHARE', flags: 1 }, 'unshare'],
];

for (const [op, text] of table) {
  test(`${op.op} is described as "${text}"`, (t) => {
    t.is(describeOp(op), text);
  });
}

test('a failure names the operation, the errno and its text', (t) => {
  const message = describeFailure({ op: 'MKDIR', path: '/x', mode: 0 }, ERRNO.ENOSPC);
  t.is(message, 'mkdir /x: ENOSPC: no space left on device');
});

test('a failure of the plan itself is said to be one', (t) => {
  t.is(describeFailure(undefined, 22), 'launch plan: EINVAL: invalid argument');
});

test('an errno without a name keeps its number', (t) => {
  t.is(describeFailure(undefined, 999), 'launch plan: E999: unknown error');
});
