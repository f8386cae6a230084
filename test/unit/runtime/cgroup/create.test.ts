import test from 'ava';
import { cgroupOps, moveOps, undoOps } from '../../../../src/runtime/cgroup/create.ts';
import type { CgroupLayout } from '../../../../src/runtime/cgroup/layout.ts';
import { containerCgroups } from '../../../../src/runtime/cgroup/paths.ts';
import { cgroupView } from '../../../../src/runtime/cgroup/view.ts';

const V1: CgroupLayout = {
  mode: 'hybrid',
  v1: [
    { controllers: ['cpu', 'cpuacct'], named: undefined, mountPoint: '/c/cpu,cpuacct' },
    { controllers: ['cpuset'], named: undefined, mountPoint: '/c/cpuset' },
    { controllers: ['devices'], named: undefined, mountPoint: '/c/devices' },
    { controllers: ['pids'], named: undefined, mountPoint: '/c/pids' },
    { controllers: [], named: 'systemd', mountPoint: '/c/systemd' },
  ],
  unified: { controllers: [], mountPoint: '/c/unified' },
};
const V2: CgroupLayout = { mode: 'v2', v1: [], unified: { controllers: ['pids'], mountPoint: '/c' } };
const has = (): boolean => true;

test('v1: each hierarchy is made, limited, joined by the process itself', (t) => {
  const cgroups = containerCgroups(V1, '/tsker/x', 'x');
  const ops = cgroupOps({ cgroups, resources: { pids: { limit: 7 } }, has, cpuset: { cpus: '0-1', mems: '0' } });
  t.deepEqual(
    ops.make.map((op) => ('path' in op ? op.path : '')),
    ['/c/cpu,cpuacct/tsker/x', '/c/cpuset/tsker/x', '/c/devices/tsker/x', '/c/pids/tsker/x', '/c/systemd/tsker/x'],
  );
  t.deepEqual(ops.limit, [
    { op: 'WRITE', path: '/c/cpuset/tsker/x/cpuset.cpus', data: '0-1' },
    { op: 'WRITE', path: '/c/cpuset/tsker/x/cpuset.mems', data: '0' },
    { op: 'WRITE', path: '/c/pids/tsker/x/pids.max', data: '7' },
  ]);
  t.is(ops.join.length, 5);
  t.deepEqual(ops.join[0], { op: 'WRITE', path: '/c/cpu,cpuacct/tsker/x/tasks', data: '0' });
});

test('v1: devices are denied first and then allowed', (t) => {
  const cgroups = containerCgroups(V1, '/tsker/x', 'x');
  const { limit } = cgroupOps({ cgroups, resources: { devices: [{ allow: false }] }, has, cpuset: undefined });
  t.deepEqual(limit[0], { op: 'WRITE', path: '/c/devices/tsker/x/devices.deny', data: 'a' });
  t.true(limit.slice(1).every((op) => op.op === 'WRITE' && op.path.endsWith('devices.allow')));
});

test('v2: one directory, a device program, no join', (t) => {
  const cgroups = containerCgroups(V2, undefined, 'x');
  const ops = cgroupOps({ cgroups, resources: { devices: [{ allow: false }] }, has, cpuset: undefined });
  t.deepEqual(ops.make, [{ op: 'MKDIR', path: '/c/tsker/x', mode: 0o755, tolerate: 17 }]);
  t.deepEqual(ops.join, []);
  t.deepEqual(
    ops.limit.map(({ op }) => op),
    ['BPF_DEVICE'],
  );
});

test('privileged containers get no device operations at all', (t) => {
  const cgroups = containerCgroups(V2, undefined, 'x');
  t.deepEqual(cgroupOps({ cgroups, resources: { devices: [{ allow: true }] }, has, cpuset: undefined }).limit, []);
});

test('the undo kills first and tolerates what is gone', (t) => {
  const ops = undoOps(containerCgroups(V1, '/tsker/x', 'x'));
  t.deepEqual(ops[0], { op: 'CGROUP_KILL', path: '/c/pids/tsker/x', timeout: 5000, tolerate: 2 });
  t.is(ops.filter(({ op }) => op === 'CGROUP_REMOVE').length, 5);
  t.true(ops.every(({ tolerate }) => tolerate === 2));
});

test('another process is moved by its pid, on v1 only', (t) => {
  t.is(moveOps(containerCgroups(V2, undefined, 'x'), 5).length, 0);
  const [first] = moveOps(containerCgroups(V1, undefined, 'x'), 5);
  t.deepEqual(first, { op: 'WRITE', path: '/c/cpu,cpuacct/tsker/x/cgroup.procs', data: '5' });
});

for (const path of ['', '/', '..', '/a/../b', '/a/..', 'a\0b']) {
  test(`the cgroupsPath ${JSON.stringify(path)} is refused`, (t) => {
    t.throws(() => containerCgroups(V2, path, 'x'), { message: /invalid cgroupsPath/ });
  });
}

test('the view names each hierarchy and how to mount it', (t) => {
  const view = cgroupView(containerCgroups(V1, '/tsker/x', 'x'), false);
  t.deepEqual(view.hierarchies[0], {
    name: 'cpu,cpuacct',
    data: 'cpu,cpuacct',
    path: '/c/cpu,cpuacct/tsker/x',
    mountPoint: '/c/cpu,cpuacct',
  });
  t.deepEqual(view.hierarchies.at(-1), {
    name: 'systemd',
    data: 'none,name=systemd',
    path: '/c/systemd/tsker/x',
    mountPoint: '/c/systemd',
  });
});
