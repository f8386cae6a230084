import test from 'ava';
import { currentCgroup } from '../../../../src/runtime/cgroup/current.ts';

const directory = { name: 'unified', controllers: [], mountPoint: '/sys/fs/cgroup', path: '/sys/fs/cgroup/tsker/abc' };

const CASES: [string, string][] = [
  ['0::/tsker/abc\n', '/sys/fs/cgroup/tsker/abc'],
  ['0::/tsker/abc/init.scope\n', '/sys/fs/cgroup/tsker/abc/init.scope'],
  ['0::/tsker/abcd\n', '/sys/fs/cgroup/tsker/abc'],
  ['0::/elsewhere\n', '/sys/fs/cgroup/tsker/abc'],
  ['0::/tsker/abc/../def\n', '/sys/fs/cgroup/tsker/abc'],
  ['0::/../../x\n', '/sys/fs/cgroup/tsker/abc'],
  ['', '/sys/fs/cgroup/tsker/abc'],
];
for (const [text, expected] of CASES) {
  test(`a first process in ${JSON.stringify(text)}`, (t) => t.is(currentCgroup(directory, text), expected));
}
