// The tree around a container, of lists as /proc gives them.
import test from 'ava';
import { familyOf, isInCgroup, type ProcessSight, processTree } from '../../../../src/daemon/xray/processes.ts';

const sight = (pid: number, parent: number, more: Partial<ProcessSight> = {}): ProcessSight => ({
  ...{ pid, parent, pids: [pid], name: `n${pid}`, command: `c${pid}`, uid: 0, state: 'S', rss: 1, inside: false },
  ...more,
});

const inside = { inside: true };

const shown = (all: readonly ProcessSight[], hasPids = true): string[] => {
  const family = familyOf(all, 10);
  const sights = all.filter(({ pid }) => family.has(pid));
  return processTree({ sights, first: 10, daemon: 5, hasPids }).map(
    ({ depth, pid, role, insidePid }) =>
      `${'-'.repeat(depth)}${pid} ${role}${insidePid === undefined ? '' : ` ${insidePid}`}`,
  );
};

test('the monolith: the container below the daemon, an exec beside it, and nobody else', (t) => {
  const sights = [
    sight(1, 0),
    sight(5, 1),
    sight(6, 1),
    sight(12, 5, { ...inside, pids: [12, 7] }),
    sight(10, 5, { ...inside, pids: [10, 1] }),
    sight(11, 10, { ...inside, pids: [11, 2] }),
  ];
  t.deepEqual(shown(sights), ['1 host', '-5 daemon', '--10 first 1', '---11 inside 2', '--12 inside 7']);
});

test('the split: the daemon is no ancestor, and is not shown', (t) => {
  const sights = [sight(1, 0), sight(5, 1), sight(8, 1), sight(10, 8, { ...inside, pids: [10, 1] })];
  t.deepEqual(shown(sights), ['1 host', '-8 host', '--10 first 1']);
});

test("with the host's PID namespace there is no second number", (t) => {
  t.deepEqual(shown([sight(5, 0), sight(10, 5, inside)], false), ['5 daemon', '-10 first']);
});

test('parents that are gone, and a circle, end the line', (t) => {
  t.deepEqual(shown([sight(10, 99, { pids: [10, 1] })]), ['10 first 1']);
  t.notThrows(() => shown([sight(10, 11), sight(11, 10)]));
});

const CGROUPS: readonly [string, string, boolean][] = [
  ['/tsker/abc', '/tsker/abc', true],
  ['/tsker/abc', '/tsker/abc/below', true],
  ['/tsker/abc', '/tsker/abcd', false],
  ['/tsker/abc', '/', false],
  ['/', '/', false],
];

for (const [container, process, expected] of CGROUPS) {
  test(`a process in ${process} is ${expected ? '' : 'not '}in the container at ${container}`, (t) => {
    const at = (path: string) => [
      { controllers: '', path: '/' },
      { controllers: 'pids', path },
    ];
    t.is(isInCgroup(at(container), at(process)), expected);
  });
}
