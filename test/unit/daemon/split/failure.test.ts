import test from 'ava';
import { execErrno } from '../../../../src/daemon/split/failure.ts';
import { ERRNO } from '../../../../src/native/errno.ts';

const CASES: [string, number | undefined][] = [
  [
    'runc create failed: unable to start container process: exec: "foo": executable file not found in $PATH',
    ERRNO.ENOENT,
  ],
  ['unable to start container process: exec: "/foo": stat /foo: no such file or directory', ERRNO.ENOENT],
  ['unable to start container process: exec: "/etc/passwd": permission denied', ERRNO.EACCES],
  ['unable to start container process: exec: "/etc": is a directory', ERRNO.EACCES],
  ['exec user process caused: exec format error', ERRNO.ENOEXEC],
  ['error mounting "/x" to rootfs: no such file or directory', undefined],
  ['exec: "foo": something else', undefined],
];
for (const [message, errno] of CASES) {
  test(`of ${JSON.stringify(message)}`, (t) => {
    t.is(execErrno(message), errno);
  });
}
