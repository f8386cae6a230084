import test from 'ava';
import type { ProcessFacts } from '../../../../src/demo/proc/processes.ts';
import { flatten, type Role, roleOf, shortCommand, treeOf } from '../../../../src/demo/proc/tree.ts';

function facts(pid: number, parent: number, words: readonly string[], comm = 'x'): ProcessFacts {
  return { pid, parent, comm, words, started: pid, state: 'S' };
}

const ROLES: readonly (readonly [Role, readonly string[], string])[] = [
  ['daemon', ['/usr/local/bin/tsker', 'daemon', '--data-root', '/x'], 'tsker'],
  ['daemon', ['/node', '/src/main.ts', 'daemon', '-H', 'x'], 'node'],
  ['containerd', ['/node', '/src/main.ts', 'containerd', '--root', 'x'], 'node'],
  ['containerd', ['tsker', 'containerd'], 'tsker'],
  ['shim', ['tsker-shim', '--id', 'x'], 'tsker-shim'],
  ['runtime', ['tsker', 'runc', 'create', 'x'], 'tsker'],
  ['other', ['sleep', '3600'], 'sleep'],
];

for (const [role, words, comm] of ROLES) {
  test(`${words.join(' ')} is ${role}`, (t) => t.is(roleOf({ comm, words }), role));
}

test('a tree has its roots where a parent is not among the processes, and containers by name', (t) => {
  const processes = [
    facts(12, 11, ['sleep', '1']),
    facts(10, 1, ['tsker', 'daemon']),
    facts(11, 10, ['sleep', '3600']),
    facts(13, 10, ['sleep', '2']),
    facts(20, 7, ['tsker-shim']),
  ];
  const roots = treeOf(processes, { containers: new Map([[11, 'one']]), memory: (pid) => pid });
  t.deepEqual(
    roots.map(({ pid }) => pid),
    [10, 20],
  );
  t.deepEqual(
    flatten(roots).map(({ pid, role, container, memory }) => [pid, role, container, memory]),
    [
      [10, 'daemon', undefined, 10],
      [11, 'container', 'one', 11],
      [12, 'container', undefined, 12],
      [13, 'other', undefined, 13],
      [20, 'shim', undefined, 20],
    ],
  );
});

test('commands are short: no path, no script, no flags', (t) => {
  t.is(
    shortCommand({ comm: 'x', words: ['/node', '/a/src/main.ts', 'daemon', '--data-root', '/t'] }),
    'tsker daemon …',
  );
  t.is(shortCommand({ comm: 'x', words: ['sleep', '3600'] }), 'sleep 3600');
  t.is(shortCommand({ comm: 'kthread', words: [] }), '[kthread]');
});
