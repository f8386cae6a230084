import test from 'ava';
import { check, cString } from '../../../src/native/failure.ts';

const table: readonly (readonly [number, string, string])[] = [
  [-2, 'not_found', 'opening /x: ENOENT: no such file or directory'],
  [-3, 'not_found', 'opening /x: ESRCH: no such process'],
  [-22, 'invalid', 'opening /x: EINVAL: invalid argument'],
  [-28, 'no_space', 'opening /x: ENOSPC: no space left on device'],
  [-38, 'unsupported', 'opening /x: ENOSYS: function not implemented'],
  [-125, 'cancelled', 'opening /x: ECANCELED: operation canceled'],
  [-5, 'internal', 'opening /x: EIO: input/output error'],
];

for (const [result, code, message] of table) {
  test(`${result} is ${code}`, (t) => {
    t.like(
      t.throws(() => check(result, 'opening /x')),
      { code, message, errno: message.split(': ')[1] },
    );
  });
}

test('a result that is not negative is returned', (t) => {
  t.is(check(0, 'x'), 0);
  t.is(check(7, 'x'), 7);
});

test('a string for C has no NUL', (t) => {
  t.is(cString('/a', 'path'), '/a');
  t.throws(() => cString('/a\0b', 'path'), { code: 'invalid', message: 'path contains a NUL byte' });
});
