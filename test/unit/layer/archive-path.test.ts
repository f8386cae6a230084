import test from 'ava';
import { archiveName, containerPath, goFileMode, pathStat, rfc3339 } from '../../../src/layer/archive-path.ts';

for (const [path, cleaned, name] of [
  ['/', '/', '/'],
  ['', '/.', '.'],
  ['.', '/.', '.'],
  ['/.', '/.', '.'],
  ['etc/passwd', '/etc/passwd', 'passwd'],
  ['/etc//passwd', '/etc/passwd', 'passwd'],
  ['/etc/', '/etc/', 'etc'],
  ['/etc/.', '/etc/.', '.'],
  ['/etc/./', '/etc/', 'etc'],
  ['/a/../b', '/b', 'b'],
  ['../../../etc', '/etc', 'etc'],
  ['/..', '/', '/'],
  ['/a/..', '/', '/'],
  ['/a/../', '/', '/'],
  ['//', '/', '/'],
  ['/with.dot', '/with.dot', 'with.dot'],
  ['/ünï ö/x', '/ünï ö/x', 'x'],
] as const) {
  test(`the path "${path}" of a request is ${cleaned}, and its entry ${name}`, (t) => {
    t.is(containerPath(path), cleaned);
    t.is(archiveName(cleaned), name);
  });
}

for (const [what, mode, expected] of [
  ['a file', 0o100644, 0o644],
  ['a setuid program', 0o104755, 0o755 + 2 ** 23],
  ['a setgid directory', 0o042770, 2 ** 31 + 2 ** 22 + 0o770],
  ['/tmp', 0o041777, 2 ** 31 + 2 ** 20 + 0o777],
  ['a link', 0o120777, 2 ** 27 + 0o777],
  ['a character device', 0o020666, 2 ** 26 + 2 ** 21 + 0o666],
  ['a block device', 0o060660, 2 ** 26 + 0o660],
  ['a fifo', 0o010600, 2 ** 25 + 0o600],
  ['a socket', 0o140755, 2 ** 24 + 0o755],
  ['something else', 0o000644, 2 ** 19 + 0o644],
] as const) {
  test(`the mode of ${what} is Go's`, (t) => {
    t.is(goFileMode(mode), expected);
  });
}

test('times have no zeros at the end of their fraction', (t) => {
  t.is(rfc3339(0, 0), '1970-01-01T00:00:00Z');
  t.is(rfc3339(1_700_000_000, 120_000_000), '2023-11-14T22:13:20.12Z');
  t.is(rfc3339(1_700_000_000, 1), '2023-11-14T22:13:20.000000001Z');
  t.is(rfc3339(-1, 500_000_000), '1969-12-31T23:59:59.5Z');
});

test('a stat is what the header of an archive says', (t) => {
  const stat = { mode: 0o120777, uid: 1, gid: 2, size: 7, seconds: 1_700_000_000, nanoseconds: 0, target: '/etc/x' };
  t.deepEqual(pathStat('/l', stat), {
    name: 'l',
    size: 7,
    mode: 2 ** 27 + 0o777,
    mtime: '2023-11-14T22:13:20Z',
    linkTarget: '/etc/x',
  });
  t.is(pathStat('/l', { ...stat, target: undefined }).linkTarget, '');
});
