import test, { type ExecutionContext } from 'ava';
import * as linux from '../../../../src/native/linux.ts';
import type { Op } from '../../../../src/native/ops.ts';
import { compileStart } from '../../../../src/runtime/plan/start.ts';
import { indexOf, makeFacts, makeSpec, ROOTFS } from './facts.ts';

/** Asserts that the operations appear in this order. */
function assertOrder(t: ExecutionContext, ops: readonly Op[], steps: readonly (readonly [Op['op'], string?])[]): void {
  const positions = steps.map(([name, subject]) => indexOf(ops, name, subject));
  t.true(
    positions.every((position, index) => position >= 0 && position > (positions[index - 1] ?? -1)),
    steps.map(([name, subject], index) => `${name} ${subject ?? ''}: ${positions[index]}`).join('\n'),
  );
}

test('a start has the order that the kernel needs', (t) => {
  const ops = compileStart(makeSpec(), ROOTFS, makeFacts({ oomScoreAdj: 100 }));
  assertOrder(t, ops, [
    ['WRITE', '/sys/fs/cgroup/pids/x/tasks'],
    ['WRITE', '/proc/self/oom_score_adj'],
    ['UNSHARE'],
    ['PROPAGATION', '/'],
    ['CHDIR', '/layers'],
    ['MOUNT', '/run/tsker/rootfs'],
    ['ROOT'],
    ['MOUNT', '/proc'],
    ['MOUNT', '/dev'],
    ['MOUNT', '/dev/pts'],
    ['MOUNT', '/sys'],
    ['MOUNT', '/sys/fs/cgroup'],
    ['BIND', '/sys/fs/cgroup/cpu,cpuacct'],
    ['MOUNT_ATTR', '/sys/fs/cgroup'],
    ['MKNOD', '/dev/null'],
    ['SYMLINK', '/dev/ptmx'],
    ['HOSTNAME'],
    ['WRITE', '/proc/sys/net/ipv4/ping_group_range'],
    ['PIVOT'],
    ['BIND', '/proc/sys'],
    ['BIND', '/proc/kcore'],
    ['SETSID'],
    ['UMASK'],
    ['SECCOMP'],
    ['CHDIR', '/'],
    ['BOUNDING'],
    ['USER'],
    ['CAPABILITIES'],
    ['DEATHSIG'],
    ['EXEC'],
  ]);
  t.is(ops.at(-1)?.op, 'EXEC');
});

test('with no_new_privs the filter is the last thing before the program', (t) => {
  const ops = compileStart(makeSpec({ process: { noNewPrivileges: true } }), ROOTFS, makeFacts());
  assertOrder(t, ops, [
    ['NO_NEW_PRIVS'],
    ['BOUNDING'],
    ['USER'],
    ['CAPABILITIES'],
    ['DEATHSIG'],
    ['SECCOMP'],
    ['EXEC'],
  ]);
  t.is(ops.filter(({ op }) => op === 'SECCOMP').length, 1);
});

test('the cgroup namespace begins at the cgroup that was joined', (t) => {
  const namespaces = [{ type: 'mount' }, { type: 'cgroup' }, { type: 'network' }, { type: 'uts' }] as const;
  const ops = compileStart(makeSpec({ linux: { namespaces, sysctl: {} } }), ROOTFS, makeFacts());
  const flags = ops.flatMap((op) => (op.op === 'UNSHARE' ? [op.flags] : []));
  t.deepEqual(flags, [linux.CLONE_NEWCGROUP, linux.CLONE_NEWNET]);
  assertOrder(t, ops, [['WRITE', '/sys/fs/cgroup/pids/x/tasks'], ['UNSHARE']]);
});

test('the network is set up in its namespace before sysfs shows it', (t) => {
  const networkOps: Op[] = [{ op: 'NETLINK', slot: -1, protocol: 0, messages: new Uint8Array() }];
  const ops = compileStart(makeSpec(), ROOTFS, makeFacts({ networkOps }));
  assertOrder(t, ops, [['UNSHARE'], ['NETLINK'], ['MOUNT', '/sys']]);
});

test('a namespace that is joined is not made', (t) => {
  const namespaces = [{ type: 'mount' }, { type: 'network', path: '/proc/1/ns/net' }] as const;
  const ops = compileStart(
    makeSpec({ hostname: '', linux: { namespaces } }),
    ROOTFS,
    makeFacts({ slots: { daemon: 5, joins: [{ slot: 6, flag: linux.CLONE_NEWNET }] } }),
  );
  t.is(indexOf(ops, 'UNSHARE'), -1);
  t.deepEqual(ops[indexOf(ops, 'SETNS')], { op: 'SETNS', slot: 6, flags: linux.CLONE_NEWNET });
});

test('a user namespace waits for its maps, becomes its root, and binds devices', (t) => {
  const namespaces = [{ type: 'mount' }, { type: 'user' }, { type: 'network' }, { type: 'uts' }] as const;
  const ops = compileStart(
    makeSpec({ linux: { namespaces } }),
    { type: 'bind', source: '/mnt', options: [] },
    makeFacts({ slots: { daemon: 5, joins: [], maps: 6 }, cgroupOps: [] }),
  );
  t.deepEqual(ops.slice(0, 2), [
    { op: 'WAIT', slot: 6 },
    { op: 'USER', uid: 0, gid: 0, groups: new Uint8Array() },
  ]);
  t.is(indexOf(ops, 'UNSHARE'), -1, 'the clone makes the network namespace, so that the user namespace owns it');
  t.is(indexOf(ops, 'MKNOD'), -1);
  assertOrder(t, ops, [
    ['MKFILE', '/dev/null'],
    ['BIND', '/dev/null'],
  ]);
});

test('bind mounts find a destination of their own kind', (t) => {
  const mounts = [
    { destination: '/etc/hosts', type: 'bind', source: '/h/hosts', options: ['rbind', 'rprivate'] },
    { destination: '/data', type: 'bind', source: '/h/data', options: ['rbind', 'ro', 'rslave'] },
  ];
  const ops = compileStart(
    makeSpec({ mounts }),
    ROOTFS,
    makeFacts({ sourceKind: (source) => (source === '/h/data' ? 'directory' : 'file') }),
  );
  const at = indexOf(ops, 'MKFILE', '/etc/hosts');
  t.deepEqual(ops.slice(at - 1, at + 2), [
    { op: 'MKDIRS', path: '/etc', mode: 0o755, inRoot: true },
    { op: 'MKFILE', path: '/etc/hosts', mode: 0o755, inRoot: true },
    { op: 'BIND', source: '/h/hosts', target: '/etc/hosts', flags: 1, propagation: 0x44000, inRoot: true },
  ]);
  t.deepEqual(ops[indexOf(ops, 'BIND', '/data')], {
    op: 'BIND',
    source: '/h/data',
    target: '/data',
    flags: 3,
    propagation: linux.MS_SLAVE | linux.MS_REC,
    inRoot: true,
  });
});

test('masked directories share one empty file system', (t) => {
  const maskedPaths = ['/proc/acpi', '/proc/kcore', '/sys/firmware', '/gone'];
  const ops = compileStart(
    makeSpec({ linux: { maskedPaths } }),
    ROOTFS,
    makeFacts({ maskKind: (path) => (path === '/gone' ? undefined : path === '/proc/kcore' ? 'file' : 'directory') }),
  );
  const masks = ops.slice(indexOf(ops, 'MOUNT', '/proc/acpi'), indexOf(ops, 'SETSID'));
  t.deepEqual(
    masks.map((op) => [op.op, 'source' in op ? op.source : '', 'target' in op ? op.target : '']),
    [
      ['MOUNT', 'tmpfs', '/proc/acpi'],
      ['BIND', '/dev/null', '/proc/kcore'],
      ['BIND', '/proc/acpi', '/sys/firmware'],
    ],
  );
});

test('a read-only root is sealed after the pivot', (t) => {
  const ops = compileStart(makeSpec({ root: { path: '/', readonly: true } }), ROOTFS, makeFacts());
  assertOrder(t, ops, [['PIVOT'], ['MOUNT_ATTR', '/'], ['SETSID']]);
});

test('a read-only tmpfs takes what is mounted in it first', (t) => {
  const mounts = [{ destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'ro'] }];
  const ops = compileStart(makeSpec({ mounts }), ROOTFS, makeFacts());
  const mount = ops[indexOf(ops, 'MOUNT', '/dev')];
  t.is(mount?.op === 'MOUNT' ? mount.flags : -1, linux.MS_NOSUID);
  assertOrder(t, ops, [['MKNOD', '/dev/null'], ['PIVOT'], ['MOUNT_ATTR', '/dev']]);
});

test("the host's /dev is left alone", (t) => {
  const mounts = [{ destination: '/dev', type: 'bind', source: '/dev', options: ['rbind'] }];
  const ops = compileStart(makeSpec({ mounts }), ROOTFS, makeFacts());
  t.is(indexOf(ops, 'MKNOD'), -1);
  t.is(indexOf(ops, 'SYMLINK', '/dev/fd'), -1);
});

test('devices of the spec have their own mode, owner and directory', (t) => {
  const devices = [
    { path: '/dev/snd/seq', type: 'c', major: 116, minor: 1, fileMode: 0o660, uid: 0, gid: 29 },
  ] as const;
  const ops = compileStart(makeSpec({ linux: { devices } }), ROOTFS, makeFacts());
  const at = indexOf(ops, 'MKNOD', '/dev/snd/seq');
  t.deepEqual(ops.slice(at - 1, at + 2), [
    { op: 'MKDIRS', path: '/dev/snd', mode: 0o755, inRoot: true },
    { op: 'MKNOD', path: '/dev/snd/seq', mode: 0o20660, device: 116 * 256 + 1, inRoot: true, tolerate: 17 },
    { op: 'CHOWN', path: '/dev/snd/seq', uid: 0, gid: 29, inRoot: true },
  ]);
});

test('a working directory is made and entered inside the root', (t) => {
  const ops = compileStart(makeSpec({ process: { cwd: '/work/here' } }), ROOTFS, makeFacts());
  t.true(indexOf(ops, 'MKDIRS', '/work/here') >= 0);
  t.deepEqual(ops[indexOf(ops, 'CHDIR', '/work/here')], { op: 'CHDIR', path: '/work/here', inRoot: true });
});

test('a user gets its groups, and the descriptors it may want to reopen', (t) => {
  const user = { uid: 33, gid: 33, additionalGids: [33, 50], umask: 0o77 };
  const ops = compileStart(makeSpec({ process: { user } }), ROOTFS, makeFacts());
  assertOrder(t, ops, [['STDIO_OWNER'], ['USER']]);
  t.deepEqual(ops[indexOf(ops, 'USER')], {
    op: 'USER',
    uid: 33,
    gid: 33,
    groups: new Uint8Array([33, 0, 0, 0, 50, 0, 0, 0]),
  });
  t.deepEqual(ops[indexOf(ops, 'UMASK')], { op: 'UMASK', mask: 0o77 });
});

test('a terminal comes with its session, before limits and identity', (t) => {
  const slots = { daemon: 5, joins: [], terminal: { slot: 6, rows: 24, columns: 80 } };
  const ops = compileStart(makeSpec(), ROOTFS, makeFacts({ slots }));
  assertOrder(t, ops, [['PIVOT'], ['SETSID'], ['PTY'], ['USER']]);
  t.deepEqual(ops[indexOf(ops, 'PTY')], { op: 'PTY', slot: 6, rows: 24, columns: 80 });
});

test('shared propagation keeps the root, and cuts off only the mount it is on', (t) => {
  const ops = compileStart(
    makeSpec({ linux: { rootfsPropagation: 'rshared' } }),
    ROOTFS,
    makeFacts({ mountPointParent: '/run' }),
  );
  const targets = ops.flatMap((op) => (op.op === 'PROPAGATION' ? [[op.target, op.flags]] : []));
  t.deepEqual(targets, [
    ['/', linux.MS_SHARED | linux.MS_REC],
    ['/run', linux.MS_PRIVATE],
    ['/', linux.MS_SHARED],
  ]);
});

const REFUSED: readonly [title: string, spec: Parameters<typeof makeSpec>[0], message: RegExp][] = [
  ['no command', { process: { args: [] } }, /no command specified/],
  [
    'an AppArmor profile',
    { process: { apparmorProfile: 'docker-default' } },
    /AppArmor profile "docker-default" cannot be applied/,
  ],
  ['a SELinux label', { process: { selinuxLabel: 'x' } }, /SELinux label "x"/],
  ['a relative working directory', { process: { cwd: 'x' } }, /needs to be an absolute path/],
  ['a mount on the root', { mounts: [{ destination: '/', type: 'tmpfs' }] }, /invalid mount destination/],
  ['a relative mount destination', { mounts: [{ destination: 'x', type: 'tmpfs' }] }, /invalid mount destination/],
  ['a mount without a type', { mounts: [{ destination: '/x' }] }, /no type/],
  ['a relative bind source', { mounts: [{ destination: '/x', type: 'bind', source: 'y' }] }, /absolute path/],
  ['a remount', { mounts: [{ destination: '/x', type: 'tmpfs', options: ['remount'] }] }, /remount/],
  ['an unknown propagation', { linux: { rootfsPropagation: 'sideways' } }, /invalid rootfsPropagation/],
  ['no mount namespace', { linux: { namespaces: [{ type: 'pid' }] } }, /mount namespace/],
  ['a namespace twice', { linux: { namespaces: [{ type: 'mount' }, { type: 'mount' }] } }, /twice/],
  ['a joined mount namespace', { linux: { namespaces: [{ type: 'mount', path: '/x' }] } }, /mount namespace/],
  ['a hostname without its namespace', { linux: { namespaces: [{ type: 'mount' }], sysctl: {} } }, /UTS namespace/],
];

for (const [title, spec, message] of REFUSED) {
  test(`refused: ${title}`, (t) => {
    t.throws(() => compileStart(makeSpec(spec), ROOTFS, makeFacts()), { message, name: 'TskerError' });
  });
}

for (const [title, namespaced, user, expected] of [
  ['mounted', true, false, 'MOUNT'],
  ['mounted in a user namespace that has a cgroup namespace', true, true, 'MOUNT'],
  ['bound in a user namespace that has none', false, true, 'BIND'],
  ['mounted without either', false, false, 'MOUNT'],
] as const) {
  test(`the v2 tree is ${title}`, (t) => {
    const namespaces = [
      { type: 'mount' },
      { type: 'uts' },
      { type: 'network' },
      ...(user ? [{ type: 'user' } as const] : []),
    ] as const;
    const hierarchies = [{ name: 'unified', data: '', path: '/sys/fs/cgroup/x', mountPoint: '/sys/fs/cgroup' }];
    const ops = compileStart(
      makeSpec({ linux: { namespaces } }),
      ROOTFS,
      makeFacts({
        cgroupView: { version: 2, namespaced, hierarchies },
        slots: { daemon: 5, joins: [], ...(user ? { maps: 6 } : {}) },
      }),
    );
    t.true(indexOf(ops, expected, '/sys/fs/cgroup') >= 0);
    t.is(indexOf(ops, expected === 'MOUNT' ? 'BIND' : 'MOUNT', '/sys/fs/cgroup'), -1);
  });
}

test('a start that is held tells when it is built and when it is ready, and waits for both answers', (t) => {
  const hold = { talk: 8, gate: 9, hooks: true };
  const facts = makeFacts({ slots: { joins: [], hold, pass: { slot: 10, count: 2 } } });
  const ops = compileStart(makeSpec({ process: { noNewPrivileges: true } }), ROOTFS, facts);
  const names = ops.map(({ op }) => op);
  const built = names.indexOf('TELL');
  t.deepEqual(ops.slice(built, built + 2), [
    { op: 'TELL', slot: 8 },
    { op: 'WAIT', slot: 8 },
  ]);
  t.true(built > names.indexOf('MKNOD') && built < names.indexOf('PIVOT'));
  t.deepEqual(names.slice(-6), ['LOOKUP', 'TELL', 'WAIT', 'PASS', 'SECCOMP', 'EXEC']);
  t.false(names.includes('DEATHSIG'));
  const without = compileStart(
    makeSpec(),
    ROOTFS,
    makeFacts({ slots: { joins: [], hold: { ...hold, hooks: false } } }),
  );
  t.is(without.filter(({ op }) => op === 'TELL').length, 1);
});
