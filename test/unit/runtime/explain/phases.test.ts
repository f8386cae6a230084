// What operations belong to, in a plan that builds a root and in one that enters a root which is there.
import test from 'ava';
import type { Op } from '../../../../src/native/ops.ts';
import { phasesOf } from '../../../../src/runtime/explain/phases.ts';

const named = (plan: readonly Op[]): string[] => phasesOf(plan).map((phase, index) => `${plan[index]?.op} ${phase}`);

test('an exec joins cgroup and namespaces, and has no root to build', (t) => {
  const plan: Op[] = [
    { op: 'WRITE', path: '/sys/fs/cgroup/pids/tsker/ab/tasks', data: '0' },
    { op: 'WRITE', path: '/proc/self/oom_score_adj', data: '0' },
    { op: 'SETNS', slot: 5, flags: 0 },
    { op: 'SETSID' },
    { op: 'ROOT', path: '/' },
    { op: 'CHDIR', path: '/tmp', inRoot: true },
    { op: 'USER', uid: 1, gid: 1, groups: new Uint8Array() },
    { op: 'EXEC', argv: ['sh'], envp: [], flags: 0 },
  ];
  t.deepEqual(named(plan), [
    'WRITE cgroup',
    'WRITE process',
    'SETNS namespace',
    'SETSID process',
    'ROOT process',
    'CHDIR process',
    'USER privilege',
    'EXEC program',
  ]);
});

test('a start makes its root, mounts in it, enters it, and hides what is behind it', (t) => {
  const plan: Op[] = [
    { op: 'CHDIR', path: '/var/lib/tsker/overlay' },
    { op: 'ROOT', path: '/mnt' },
    { op: 'MKDIRS', path: '/dev', mode: 0o755, inRoot: true },
    { op: 'PIVOT' },
    { op: 'MKDIRS', path: '/proc/acpi', mode: 0o755, inRoot: true },
    { op: 'CHDIR', path: '/', inRoot: true },
  ];
  t.deepEqual(named(plan), ['CHDIR root', 'ROOT root', 'MKDIRS mount', 'PIVOT root', 'MKDIRS hide', 'CHDIR process']);
});
