import test from 'ava';
import { copyUpOps } from '../../../../src/runtime/plan/copy-up.ts';

test('what a directory holds is made again, with owners and modes', (t) => {
  const bytes = Buffer.from('x');
  const ops = copyUpOps([
    { path: '/run/a', mode: 0o750, uid: 33, gid: 50, content: { kind: 'directory' } },
    { path: '/run/a/suid', mode: 0o4755, uid: 33, gid: 0, content: { kind: 'file', bytes } },
    { path: '/run/empty', mode: 0o600, uid: 0, gid: 0, content: { kind: 'file', bytes: new Uint8Array() } },
    { path: '/run/link', mode: 0o777, uid: 0, gid: 0, content: { kind: 'link', target: 'a' } },
  ]);
  t.deepEqual(ops, [
    { op: 'MKDIR', path: '/run/a', mode: 0o750, inRoot: true },
    { op: 'CHOWN', path: '/run/a', uid: 33, gid: 50, inRoot: true },
    { op: 'MKFILE', path: '/run/a/suid', mode: 0o4755, inRoot: true },
    { op: 'WRITE', path: '/run/a/suid', data: bytes, inRoot: true },
    { op: 'CHOWN', path: '/run/a/suid', uid: 33, gid: 0, inRoot: true },
    { op: 'CHMOD', path: '/run/a/suid', mode: 0o4755, inRoot: true },
    { op: 'MKFILE', path: '/run/empty', mode: 0o600, inRoot: true },
    { op: 'SYMLINK', content: 'a', path: '/run/link', inRoot: true },
  ]);
});
