import test from 'ava';
import { PLAN } from '../../../src/native/abi.ts';
import { decodePlan } from '../../../src/native/decode.ts';
import { encodePlan, PlanEncoder } from '../../../src/native/encode.ts';
import { OPS, type Op, type OpName } from '../../../src/native/ops.ts';

const bytes = Buffer.from([0, 1, 2, 255, 254]);

/** One of every operation; a missing name is a type error. */
const SAMPLES: { readonly [N in OpName]: Extract<Op, { op: N }> } = {
  MOUNT: { op: 'MOUNT', source: 'proc', target: '/proc', type: 'proc', flags: 14, data: '' },
  BIND: { op: 'BIND', source: '/a b', target: '/données/ü', flags: 35, propagation: 0x40000 },
  MOUNT_ATTR: { op: 'MOUNT_ATTR', target: '/', set: 1, clear: 0, recursive: 1 },
  PROPAGATION: { op: 'PROPAGATION', target: '/', flags: 0x44000 },
  UMOUNT: { op: 'UMOUNT', target: '/old', flags: 2 },
  ROOT: { op: 'ROOT', path: '/var/lib/tsker/merged' },
  PIVOT: { op: 'PIVOT' },
  CHDIR: { op: 'CHDIR', path: '/' },
  MKDIR: { op: 'MKDIR', path: '/x', mode: 0o755 },
  MKDIRS: { op: 'MKDIRS', path: '/x/y/z', mode: 0o1777 },
  MKFILE: { op: 'MKFILE', path: '/f', mode: 0o644 },
  MKNOD: { op: 'MKNOD', path: '/dev/null', mode: 0o20666, device: 0x103 },
  SYMLINK: { op: 'SYMLINK', content: '/proc/self/fd', path: '/dev/fd' },
  WRITE: { op: 'WRITE', path: '/proc/sys/x', data: bytes },
  PUTFILE: { op: 'PUTFILE', path: '/etc/hosts', mode: 0o644, data: Buffer.alloc(0) },
  CHOWN: { op: 'CHOWN', path: '/f', uid: 4294967295, gid: 0 },
  CHMOD: { op: 'CHMOD', path: '/f', mode: 0o4755 },
  REMOVE: { op: 'REMOVE', path: '/f' },
  RMDIR: { op: 'RMDIR', path: '/x' },
  RMTREE: { op: 'RMTREE', path: '/x' },
  RENAME: { op: 'RENAME', from: '/a', to: '/b' },
  SETXATTR: { op: 'SETXATTR', path: '/f', name: 'user.a', value: bytes },
  OPEN: { op: 'OPEN', slot: 7, path: '/dev/null', flags: 2, mode: 0 },
  CLOSE: { op: 'CLOSE', slot: 7 },
  DUP: { op: 'DUP', from: 7, to: 0 },
  UNSHARE: { op: 'UNSHARE', flags: 0x40000000 },
  SETNS: { op: 'SETNS', slot: 6, flags: 0x40000000 },
  HOSTNAME: { op: 'HOSTNAME', name: 'web' },
  DOMAINNAME: { op: 'DOMAINNAME', name: 'example.org' },
  RLIMIT: { op: 'RLIMIT', resource: 7, soft: 1024n, hard: 2n ** 64n - 1n },
  NETLINK: { op: 'NETLINK', slot: -1, protocol: 0, messages: bytes },
  UMASK: { op: 'UMASK', mask: 0o22 },
  BOUNDING: { op: 'BOUNDING', mask: 0x1ffffffffffn },
  USER: { op: 'USER', uid: 1000, gid: 1000, groups: Buffer.from([1, 0, 0, 0]) },
  CAPABILITIES: { op: 'CAPABILITIES', effective: 1n, permitted: 2n ** 63n, inheritable: 0n, ambient: 0n },
  NO_NEW_PRIVS: { op: 'NO_NEW_PRIVS' },
  SECCOMP: { op: 'SECCOMP', flags: 4, program: Buffer.alloc(16, 7) },
  SETSID: { op: 'SETSID' },
  PTY: { op: 'PTY', slot: 5, rows: 24, columns: 80 },
  DEATHSIG: { op: 'DEATHSIG', signal: 9, slot: 6 },
  WAIT: { op: 'WAIT', slot: 8 },
  NICE: { op: 'NICE', value: -5 },
  CGROUP_KILL: { op: 'CGROUP_KILL', path: '/sys/fs/cgroup/x', timeout: 5000 },
  CGROUP_REMOVE: { op: 'CGROUP_REMOVE', path: '/sys/fs/cgroup/x' },
  EXEC: { op: 'EXEC', argv: ['sh', '-c', 'echo "é" 日本 🎉'], envp: ['PATH=/bin', 'EMPTY='], flags: 1 },
  SYNCFS: { op: 'SYNCFS', path: '/' },
  BPF_DEVICE: { op: 'BPF_DEVICE', path: '/sys/fs/cgroup/x', program: Buffer.alloc(8, 1) },
  STDIO_OWNER: { op: 'STDIO_OWNER', uid: 1000 },
  COPYTREE: { op: 'COPYTREE', from: '/from', to: '/to' },
  SCAN: { op: 'SCAN', path: '/', fd: 7 },
  SUBVOLUME: { op: 'SUBVOLUME', path: '/a' },
  SNAPSHOT: { op: 'SNAPSHOT', from: '/a', to: '/b' },
  SUBVOLUME_DELETE: { op: 'SUBVOLUME_DELETE', path: '/a' },
  LOOP_ATTACH: { op: 'LOOP_ATTACH', path: '/data', fd: 7 },
  LOOP_DETACH: { op: 'LOOP_DETACH', path: '/data' },
  DM_CREATE: { op: 'DM_CREATE', name: 'pool', sectors: 2048, target: 'thin', parameters: '253:0 1' },
  DM_REMOVE: { op: 'DM_REMOVE', name: 'pool', deferred: 1 },
  DM_MESSAGE: { op: 'DM_MESSAGE', name: 'pool', message: 'delete 1' },
  DM_STATUS: { op: 'DM_STATUS', name: 'pool', fd: 7 },
  DM_DISCARD: { op: 'DM_DISCARD', name: 'pool' },
  IDMAP: { op: 'IDMAP', source: '/from', target: '/to', userns: '/proc/7/ns/user' },
  FSUSER: { op: 'FSUSER', uid: 100_000, gid: 100_001 },
  SCAN_CONTENT: { op: 'SCAN_CONTENT', path: '/', fd: 7 },
  PROXY: { op: 'PROXY', slot: 6, address: Buffer.alloc(16) },
  SOCKET: { op: 'SOCKET', slot: 7, domain: 2, type: 1, address: Buffer.from([2, 0, 0, 53, 127, 0, 0, 11]), backlog: 5 },
  TELL: { op: 'TELL', slot: 6 },
  LOOKUP: { op: 'LOOKUP', program: 'sh', searchPath: '/usr/bin:/bin' },
  PASS: { op: 'PASS', slot: 7, count: 2 },
  PROGRAM: { op: 'PROGRAM', path: '/proc/1/exe' },
};

const everyOp = Object.values(SAMPLES);

for (const op of everyOp) {
  test(`${op.op} comes back from its encoding as it was`, (t) => {
    t.deepEqual(decodePlan(encodePlan([op])).ops, [op]);
  });
}

test('every operation of the table has a sample', (t) => {
  t.deepEqual(Object.keys(SAMPLES).sort(), Object.keys(OPS).sort());
});

test('a plan of all operations keeps their order, and its size is a multiple of 4', (t) => {
  const plan = encodePlan(everyOp, { trace: true });
  t.is(plan.length % 4, 0);
  t.is(plan.readUInt32LE(12), plan.length);
  t.deepEqual(decodePlan(plan), { trace: true, ops: everyOp });
});

test('an empty plan is its header alone', (t) => {
  const plan = encodePlan([]);
  t.is(plan.length, PLAN.headerSize);
  t.deepEqual(decodePlan(plan), { trace: false, ops: [] });
});

test('options travel in the header of the operation', (t) => {
  const ops: Op[] = [
    { op: 'MKDIR', path: '/x', mode: 0o755, inRoot: true, tolerate: 17 },
    { op: 'UMOUNT', target: '/y', flags: 0, optional: true },
  ];
  t.deepEqual(decodePlan(encodePlan(ops)).ops, ops);
});

test('the bytes are those the header file describes', (t) => {
  const plan = encodePlan([{ op: 'CHMOD', path: '/abc', mode: 0x1_0000_0002, inRoot: true, tolerate: 2 }]);
  const expected = [
    ['54534b50', '0100', '0000', '01000000', '2c000000'].join(''),
    ['1100', '01', '02', '14000000'].join(''),
    ['04000000', '2f61626300000000', '0200000001000000'].join(''),
  ].join('');
  t.is(plan.toString('hex'), expected);
});

test('a string blob is its UTF-8 bytes and may hold NUL', (t) => {
  const [op] = decodePlan(encodePlan([{ op: 'WRITE', path: '/p', data: 'a\0é' }])).ops;
  t.deepEqual(op, { op: 'WRITE', path: '/p', data: Buffer.from('a\0é') });
});

test('a plan larger than the first buffer is encoded whole', (t) => {
  const argv = Array.from({ length: 5000 }, (_, index) => `argument number ${index} ${'é'.repeat(index % 50)}`);
  const ops: Op[] = [{ op: 'EXEC', argv, envp: [], flags: 0 }];
  t.deepEqual(decodePlan(new PlanEncoder(64).encode(ops)).ops, ops);
});

test('an encoder can be used again after a refused plan', (t) => {
  const encoder = new PlanEncoder(64);
  t.throws(() => encoder.encode([{ op: 'CHDIR', path: '/\0' }]));
  t.deepEqual(decodePlan(encoder.encode([{ op: 'PIVOT' }])).ops, [{ op: 'PIVOT' }]);
});

const refused: readonly (readonly [string, unknown, RegExp])[] = [
  ['a NUL in a path', { op: 'MKDIR', path: '/a\0b', mode: 0 }, /mkdir: path contains a NUL byte/],
  ['a NUL after a non-ASCII character', { op: 'MKDIR', path: '/é\0b', mode: 0 }, /NUL byte/],
  ['a NUL in an argument', { op: 'EXEC', argv: ['a', 'b\0'], envp: [], flags: 0 }, /exec: argv contains a NUL byte/],
  ['a lone surrogate', { op: 'CHDIR', path: '/\ud800' }, /not well-formed Unicode/],
  ['a negative unsigned number', { op: 'UMASK', mask: -1 }, /umask: mask -1 is not an unsigned/],
  ['a fraction', { op: 'UMASK', mask: 1.5 }, /not an unsigned/],
  ['a number that lost precision', { op: 'UMASK', mask: 2 ** 60 }, /not an unsigned/],
  ['a bigint of 65 bits', { op: 'BOUNDING', mask: 2n ** 64n }, /not an unsigned/],
  ['a signed number out of range', { op: 'NICE', value: 2n ** 63n }, /not a signed/],
  ['a missing argument', { op: 'MKDIR', path: '/x' }, /mode undefined is not/],
  ['a number where a string belongs', { op: 'CHDIR', path: 4 }, /path is not a string/],
  ['a number where bytes belong', { op: 'WRITE', path: '/x', data: 4 }, /data is not a string or a Uint8Array/],
  ['a string where a list belongs', { op: 'EXEC', argv: 'sh', envp: [], flags: 0 }, /argv is not a list/],
  ['an errno above 255', { op: 'PIVOT', tolerate: 256 }, /tolerate 256/],
  ['an unknown operation', { op: 'FORMAT' }, /unknown operation FORMAT/],
  ['a plan above the limit', { op: 'WRITE', path: '/x', data: Buffer.alloc(PLAN.maxSize) }, /larger than/],
];

for (const [name, op, message] of refused) {
  test(`${name} is refused`, (t) => {
    t.like(
      t.throws(() => encodePlan([op as Op])),
      { code: 'invalid' },
    );
    t.throws(() => encodePlan([op as Op]), { message });
  });
}

test('more operations than the limit are refused', (t) => {
  const ops = Array.from({ length: PLAN.maxOps + 1 }, (): Op => ({ op: 'PIVOT' }));
  t.throws(() => encodePlan(ops), { message: /more than 65536 operations/ });
});
