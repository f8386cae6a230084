import test from 'ava';
import { parseCgroupLayout, v1MountPoint } from '../../../../src/runtime/cgroup/layout.ts';

const row = (device: string, path: string, type: string, options: string): string =>
  `30 25 ${device} / ${path} rw,relatime shared:9 - ${type} ${type} ${options}`;

const V1 = [
  row('0:29', '/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'rw,cpu,cpuacct'),
  row('0:30', '/sys/fs/cgroup/memory', 'cgroup', 'rw,memory'),
  row('0:31', '/sys/fs/cgroup/systemd', 'cgroup', 'rw,xattr,name=systemd'),
].join('\n');

test('v1: one hierarchy for each mount, with its controllers', (t) => {
  const layout = parseCgroupLayout(V1, []);
  t.is(layout.mode, 'v1');
  t.deepEqual(layout.v1[0], {
    controllers: ['cpu', 'cpuacct'],
    named: undefined,
    mountPoint: '/sys/fs/cgroup/cpu,cpuacct',
  });
  t.deepEqual(layout.v1[2], { controllers: [], named: 'systemd', mountPoint: '/sys/fs/cgroup/systemd' });
  t.is(v1MountPoint(layout, 'cpuacct'), '/sys/fs/cgroup/cpu,cpuacct');
  t.is(v1MountPoint(layout, 'pids'), undefined);
});

test('v2 alone', (t) => {
  const layout = parseCgroupLayout(row('0:26', '/sys/fs/cgroup', 'cgroup2', 'rw,nsdelegate'), ['cpu', 'memory']);
  t.deepEqual(layout, {
    mode: 'v2',
    v1: [],
    unified: { controllers: ['cpu', 'memory'], mountPoint: '/sys/fs/cgroup' },
  });
});

test('hybrid: v1 controllers with a v2 tree beside them', (t) => {
  const layout = parseCgroupLayout(`${V1}\n${row('0:40', '/sys/fs/cgroup/unified', 'cgroup2', 'rw')}`, []);
  t.is(layout.mode, 'hybrid');
  t.is(layout.v1.length, 3);
});

test('v2 with a named v1 hierarchy for systemd counts as v2', (t) => {
  const text = `${row('0:31', '/c/systemd', 'cgroup', 'rw,name=systemd')}\n${row('0:40', '/c/unified', 'cgroup2', 'rw')}`;
  t.is(parseCgroupLayout(text, []).mode, 'v2');
});

test('a hierarchy mounted twice counts where it was first, and escapes are undone', (t) => {
  const text = `${row('0:30', '/a\\040b', 'cgroup', 'rw,memory')}\n${row('0:30', '/second', 'cgroup', 'rw,memory')}`;
  t.deepEqual(
    parseCgroupLayout(text, []).v1.map(({ mountPoint }) => mountPoint),
    ['/a b'],
  );
});

test('other mounts and broken lines are passed over', (t) => {
  const layout = parseCgroupLayout('garbage\n22 27 0:21 / /proc rw - proc proc rw\n', []);
  t.deepEqual(layout, { mode: 'v1', v1: [], unified: undefined });
});
