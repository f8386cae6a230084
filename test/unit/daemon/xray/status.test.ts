// What /proc says, taken apart case by case.
import test from 'ava';
import { inWords } from '../../../../src/daemon/xray/cgroups.ts';
import { describeNamespaces, type NamespaceSight } from '../../../../src/daemon/xray/namespaces.ts';
import { describeRoot } from '../../../../src/daemon/xray/root.ts';
import { parseCgroupLines, parseMounts, parsePrivileges } from '../../../../src/daemon/xray/status.ts';

const STATUS = `Name:\tsleep
Uid:\t0\t1000\t0\t0
Gid:\t0\t0\t0\t0
Groups:\t10 20
CapInh:\t0000000000000000
CapPrm:\t0000000000000401
CapEff:\t0000000000000001
CapBnd:\t000001ffffffffff
CapAmb:\t0000000000000000
NoNewPrivs:\t1
Seccomp:\t2
Seccomp_filters:\t3
`;

test('a status is privileges in words', (t) => {
  const map = '         0     100000      65536\n         65536 0 1\n';
  const privileges = parsePrivileges({ status: STATUS, uidMap: map, gidMap: '', label: 'docker-default (enforce)' });
  t.deepEqual(privileges.capabilities.effective, ['CAP_CHOWN']);
  t.deepEqual(privileges.capabilities.permitted, ['CAP_CHOWN', 'CAP_NET_BIND_SERVICE']);
  t.is(privileges.capabilities.bounding.length, 41);
  t.like(privileges, {
    seccomp: 'filter',
    seccompFilters: 3,
    noNewPrivileges: true,
    label: 'docker-default (enforce)',
  });
  t.deepEqual(privileges.uids, [0, 1000, 0, 0]);
  t.deepEqual(privileges.groups, [10, 20]);
  t.deepEqual(privileges.uidMap, [
    { inside: 0, outside: 100_000, count: 65_536 },
    { inside: 65_536, outside: 0, count: 1 },
  ]);
  t.deepEqual(privileges.gidMap, []);
});

test('a kernel that says less is understood', (t) => {
  const privileges = parsePrivileges({ status: '', uidMap: '', gidMap: '', label: undefined });
  t.like(privileges, { seccomp: 'off', noNewPrivileges: false });
  t.deepEqual(privileges.capabilities.effective, []);
});

test('cgroup lines of v1, of a named hierarchy and of v2', (t) => {
  const text = '9:name=systemd:/a\n4:cpu,cpuacct:/b:c\n0::/d\nnonsense\n';
  t.deepEqual(parseCgroupLines(text), [
    { controllers: 'name=systemd', path: '/a' },
    { controllers: 'cpu,cpuacct', path: '/b:c' },
    { controllers: '', path: '/d' },
  ]);
});

const MOUNTINFO = `1 0 0:1 / / rw,relatime - ext4 /dev/vda rw
2 1 0:2 / / ro,nosuid master:3 shared:4 - overlay overlay rw,lowerdir=l/A:/init,upperdir=X/diff,workdir=X/work
3 2 0:3 /x\\040y /with\\040space rw - tmpfs tmpfs rw,size=1k
`;

test('mounts are read with their octal escapes and their propagation', (t) => {
  const mounts = parseMounts(MOUNTINFO);
  t.like(mounts[0], { target: '/', type: 'ext4', propagation: 'private' });
  t.like(mounts[1], { propagation: 'master:3,shared:4', options: 'ro,nosuid' });
  t.like(mounts[2], { target: '/with space', from: '/x y', source: 'tmpfs' });
});

test('the root is what was mounted last on /, its layers below the directory of the driver', (t) => {
  const changes = [
    { kind: 'added', path: '/new' },
    { kind: 'deleted', path: '/etc/passwd' },
  ] as const;
  const root = describeRoot(parseMounts(MOUNTINFO), '/var/lib/tsker/overlay', changes);
  t.deepEqual(root, {
    type: 'overlay',
    lower: ['/var/lib/tsker/overlay/l/A', '/init'],
    upper: '/var/lib/tsker/overlay/X/diff',
    work: '/var/lib/tsker/overlay/X/work',
    changes: [...changes],
    changed: 2,
  });
});

test('of many changes the first are listed and all are counted', (t) => {
  const many = Array.from({ length: 1000 }, (_, index) => ({ kind: 'added', path: `/${index}` }) as const);
  const root = describeRoot([], '/', many);
  t.is(root.changed, 1000);
  t.is(root.changes.length, 200);
  t.is(root.upper, undefined);
});

const VALUES: readonly [string, Parameters<typeof inWords>[1], string][] = [
  ['67108864', 'bytes', '64 MiB'],
  ['9223372036854771712', 'bytes', 'no limit'],
  ['max', 'bytes', 'no limit'],
  ['-1', 'microseconds', 'no limit'],
  ['0', 'bytes', '0 B'],
  ['100000', 'microseconds', '100 ms'],
  ['4499000', 'nanoseconds', '4.499 ms'],
  ['a 1\nb 2', 'plain', 'a 1, b 2'],
  ['5', 'count', '5'],
];

for (const [value, meaning, words] of VALUES) {
  test(`${JSON.stringify(value)} as ${meaning} is ${words}`, (t) => t.is(inWords(value, meaning), words));
}

test('a namespace says whether the host is in it, and which containers', (t) => {
  const inodes = (net: number, pid: number): NamespaceSight =>
    new Map([
      ['net', net],
      ['pid', pid],
    ]);
  const others = [
    { name: 'web', inodes: inodes(7, 2) },
    { name: 'db', inodes: inodes(7, 3) },
  ];
  t.deepEqual(describeNamespaces(inodes(7, 1), { host: inodes(9, 1), others }), [
    { type: 'net', inode: 7, host: false, containers: ['db', 'web'] },
    { type: 'pid', inode: 1, host: true, containers: [] },
  ]);
});
