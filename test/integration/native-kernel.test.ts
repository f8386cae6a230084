// The kernel interfaces that are one call: descriptors, locks, netlink, seccomp, file system types, features.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import * as linux from '../../src/native/linux.ts';
import type { SeccompRule, SeccompRules } from '../../src/native/native.ts';
import type { Op } from '../../src/native/ops.ts';
import { BUSYBOX, openNative, readAll, runProgram, spawnProgram } from '../helpers/native.ts';
import { tempdir } from '../helpers/tempdir.ts';

const native = openNative();

test('what the kernel can do was probed', (t) => {
  t.deepEqual(
    Object.entries(native.features).filter(([, value]) => typeof value !== 'boolean'),
    [],
  );
  t.true(native.features.openat2);
  t.true(native.features.seccomp);
});

test('a pipe and socket pairs are pairs', async (t) => {
  for (const [read, write] of [
    Object.values(native.pipe()) as [number, number],
    native.socketpair('stream'),
    native.socketpair('stream', { nonblock: true }),
  ]) {
    writeFileSync(write, 'through');
    native.close(write);
    t.is((await readAll(read)).toString(), 'through');
  }
});

test('open, dup and close', (t) => {
  const path = join(tempdir(t, 'fd'), 'file');
  const fd = native.open(path, linux.O_CREAT | linux.O_WRONLY | linux.O_EXCL, 0o600);
  const copy = native.dup(fd);
  t.not(copy, fd);
  native.close(fd);
  writeFileSync(copy, 'x');
  native.close(copy);
  t.throws(() => native.close(9999), { message: 'closing descriptor 9999: EBADF: bad file descriptor' });
  t.throws(() => native.dup(9999), { message: /EBADF/ });
  const flags = linux.O_CREAT | linux.O_EXCL;
  t.throws(() => native.open(path, flags), { message: `opening ${path}: EEXIST: file exists` });
  t.like(
    t.throws(() => native.open('/no/such/file', linux.O_RDONLY)),
    { code: 'not_found', errno: 'ENOENT' },
  );
  t.throws(() => native.open('/a\0b', linux.O_RDONLY), { message: /NUL/ });
});

test('a lock is held until its descriptor is closed', (t) => {
  const path = join(tempdir(t, 'lock'), 'file');
  const [one, two] = [native.open(path, linux.O_CREAT | linux.O_RDWR, 0o600), native.open(path, linux.O_RDWR)];
  t.true(native.lock(one));
  t.false(native.lock(two));
  native.close(one);
  t.true(native.lock(two));
  native.close(two);
});

test('a process is opened by its pid and watched to its end', async (t) => {
  const child = spawnProgram(native, { argv: [BUSYBOX, 'sleep', '100'] });
  const pidfd = native.pidfdOpen(child.pid);
  const ended = native.watch(pidfd);
  child.signal(9);
  await ended;
  await child.exited;
  native.close(pidfd);
  t.like(
    t.throws(() => native.pidfdOpen(2 ** 22 - 1)),
    { code: 'not_found' },
  );
  t.throws(() => native.watch(9999), { message: /watching a process: EBADF/ });
});

test('the type of a file system is its magic number', (t) => {
  t.is(native.fsMagic('/proc'), linux.PROC_SUPER_MAGIC);
  t.like(
    t.throws(() => native.fsMagic('/no/where')),
    { code: 'not_found' },
  );
});

/** One rtnetlink message: RTM_GETLINK with an ifinfomsg. */
function getLink(flags: number, index: number): Buffer {
  const message = Buffer.alloc(32);
  message.writeUInt32LE(32, 0);
  message.writeUInt16LE(18, 4); // RTM_GETLINK
  message.writeUInt16LE(flags, 6);
  message.writeUInt32LE(1, 8);
  message.writeInt32LE(index, 20);
  return message;
}

test('netlink: a dump is returned whole, a refusal is its errno', (t) => {
  const NLM_F_REQUEST = 1;
  const NLM_F_ACK = 4;
  const NLM_F_DUMP = 0x300;
  const fd = native.netlinkOpen(linux.NETLINK_ROUTE);
  t.true(native.netlinkCall(fd, getLink(NLM_F_REQUEST | NLM_F_DUMP, 0)).includes('lo\0'));
  t.like(
    t.throws(() => native.netlinkCall(fd, getLink(NLM_F_REQUEST | NLM_F_ACK, 987_654))),
    { errno: 'ENODEV' },
  );
  t.true(
    native.netlinkCall(fd, getLink(NLM_F_REQUEST | NLM_F_ACK, 1)).includes('lo\0'),
    'the socket can be used after a refusal',
  );
  native.close(fd);
});

const ARCHITECTURE = process.arch === 'arm64' ? linux.AUDIT_ARCH_AARCH64 : linux.AUDIT_ARCH_X86_64;

function profile(rules: readonly Partial<SeccompRule>[], options: Partial<SeccompRules> = {}): SeccompRules {
  const rule = { action: linux.SECCOMP_RET_ERRNO, errno: linux.ERRNO.EPERM, name: '', args: [] };
  return {
    defaultAction: linux.SECCOMP_RET_ALLOW,
    defaultErrno: 0,
    architectures: [ARCHITECTURE],
    rules: rules.map((partial) => ({ ...rule, ...partial })),
    ...options,
  };
}

function underFilter(program: Uint8Array): Op[] {
  return [{ op: 'NO_NEW_PRIVS' }, { op: 'SECCOMP', flags: 0, program }];
}

test('a seccomp profile takes effect in the program', async (t) => {
  const directory = tempdir(t, 'seccomp');
  const program = await native.compileSeccomp(
    profile([{ name: 'mkdir', errno: linux.ERRNO.ENOSPC }, { name: 'mkdirat' }, { name: 'no_such_call_anywhere' }]),
  );
  t.is(program.length % 8, 0);
  const argv = [BUSYBOX, 'mkdir', join(directory, 'new')];
  const { status, stderr } = await runProgram(native, { setup: underFilter(program), argv });
  t.is(status.code, 1);
  t.regex(stderr, process.arch === 'arm64' ? /Operation not permitted/ : /No space left on device/);
  t.is((await runProgram(native, { argv })).status.code, 0);
});

test('a seccomp condition looks at the argument', async (t) => {
  const directory = tempdir(t, 'seccomp');
  mkdirSync(join(directory, 'd'));
  const uidOf = (uid: number) => [BUSYBOX, 'chown', String(uid), join(directory, 'd')];
  const args = [{ index: 1, op: linux.SCMP_COMPARE['SCMP_CMP_EQ'] ?? 0, value: 4321n, valueTwo: 0n }];
  const names = ['chown', 'lchown'].map((name) => ({ name, args }));
  const atArgs = [{ index: 2, op: 4, value: 4321n, valueTwo: 0n }];
  const setup = underFilter(await native.compileSeccomp(profile([...names, { name: 'fchownat', args: atArgs }])));
  t.is((await runProgram(native, { setup, argv: uidOf(4321) })).status.code, 1);
  t.is((await runProgram(native, { setup, argv: uidOf(1234) })).status.code, 0);
});

test('an action that kills ends the program with SIGSYS', async (t) => {
  const kill = { action: linux.SECCOMP_RET_KILL_PROCESS, errno: 0 };
  const program = await native.compileSeccomp(profile([{ name: 'getdents64', ...kill }]));
  const { status } = await runProgram(native, { setup: underFilter(program), argv: [BUSYBOX, 'ls', '/'] });
  t.deepEqual(status, { code: 159, signal: 31 });
});

test('a default action that denies leaves only what is allowed', async (t) => {
  // What the helper and a static program need before they open anything.
  const calls = 'read write close fcntl brk mmap munmap mprotect rt_sigprocmask arch_prctl set_tid_address exit_group';
  const rules = profile(
    [...calls.split(' '), 'execve'].map((name) => ({ name, action: linux.SECCOMP_RET_ALLOW, errno: 0 })),
    { defaultAction: linux.SECCOMP_RET_ERRNO, defaultErrno: linux.ERRNO.ENOTDIR },
  );
  const setup = underFilter(await native.compileSeccomp(rules));
  const { status, stderr } = await runProgram(native, { setup, argv: [BUSYBOX, 'ls', '/'] });
  t.is(status.code, 1);
  t.regex(stderr, /Not a directory/);
});

test('rules of another architecture and equal to the default are compiled', async (t) => {
  const rules = [{ name: 'ptrace' }, { name: 'mkdir', action: linux.SECCOMP_RET_ALLOW }];
  const architectures = [linux.AUDIT_ARCH_X86_64, linux.AUDIT_ARCH_I386, linux.AUDIT_ARCH_X32];
  t.true((await native.compileSeccomp(profile(rules, { architectures }))).length > 40);
});

const refused: readonly (readonly [string, SeccompRules])[] = [
  ['an unknown architecture', profile([], { architectures: [42] })],
  ['an unknown action', profile([{ name: 'ptrace', action: 0x12345678 }])],
  ['an argument that no call has', profile([{ name: 'ptrace', args: [{ index: 6, op: 4, value: 0n, valueTwo: 0n }] }])],
  ['an unknown comparison', profile([{ name: 'ptrace', args: [{ index: 0, op: 9, value: 0n, valueTwo: 0n }] }])],
  ['a number out of range', profile([], { defaultErrno: -1 })],
  ['a value out of range', profile([{ name: 'ptrace', args: [{ index: 0, op: 4, value: -1n, valueTwo: 0n }] }])],
  ['a name of a thousand bytes', profile([{ name: 'x'.repeat(1000) }])],
];

for (const [name, rules] of refused) {
  test(`seccomp: ${name} is refused`, async (t) => {
    t.like(await t.throwsAsync(() => native.compileSeccomp(rules)), { code: 'invalid' });
  });
}
