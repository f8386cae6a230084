// Processes through the real library and helper: namespaces, plans, exit statuses, failures and their words.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { ERRNO } from '../../src/native/errno.ts';
import * as linux from '../../src/native/linux.ts';
import { type OpTrace, PlanError } from '../../src/native/native.ts';
import type { Op } from '../../src/native/ops.ts';
import { busyboxRootfs } from '../helpers/busybox.ts';
import { BUSYBOX, exec, openNative, readAll, runProgram, spawnProgram } from '../helpers/native.ts';
import { tempdir } from '../helpers/tempdir.ts';

const native = openNative();
const ROOT = resolve(import.meta.dirname, '../..');

/** Into a private mount namespace with `root` as the root file system. */
function enterRoot(root: string): Op[] {
  return [
    { op: 'PROPAGATION', target: '/', flags: linux.MS_REC | linux.MS_PRIVATE },
    { op: 'BIND', source: root, target: root, flags: 1, propagation: 0 },
    { op: 'ROOT', path: root },
    { op: 'MOUNT', source: 'proc', target: '/proc', type: 'proc', flags: 0, data: '', inRoot: true },
    { op: 'PIVOT' },
    { op: 'CHDIR', path: '/' },
  ];
}

const NAMESPACES = linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWUTS | linux.CLONE_NEWIPC;

test('a program runs and its output and exit code come back', async (t) => {
  const script = 'echo out; echo err >&2; exit 7';
  const { status, stdout, stderr } = await runProgram(native, { argv: [BUSYBOX, 'sh', '-c', script] });
  t.deepEqual({ status, stdout, stderr }, { status: { code: 7, signal: undefined }, stdout: 'out\n', stderr: 'err\n' });
});

test('a program without a slash is looked up in the PATH it is given', async (t) => {
  const { stdout } = await runProgram(native, { argv: ['busybox', 'echo', 'found'], env: ['PATH=/nowhere:/bin'] });
  t.is(stdout, 'found\n');
});

test('arguments and environment arrive byte for byte', async (t) => {
  const argv = [BUSYBOX, 'printf', '%s|', '', 'a b', '"$HOME"', 'é日本🎉', '\u0001'];
  t.is((await runProgram(native, { argv })).stdout, '|a b|"$HOME"|é日本🎉|\u0001|');
  const { stdout } = await runProgram(native, { argv: [BUSYBOX, 'env'], env: ['A=1', 'EMPTY=', 'U=ü'] });
  t.is(stdout, 'A=1\nEMPTY=\nU=ü\n');
});

test('a process that is killed has code 128 + n and the signal', async (t) => {
  const child = spawnProgram(native, { argv: [BUSYBOX, 'sleep', '100'] });
  await child.started;
  t.true(child.signal(0));
  t.true(child.signal(9));
  t.deepEqual(await child.exited, { code: 137, signal: 9 });
  t.false(child.signal(9));
});

test('the process is a child of this one, with the pid that spawn gave', async (t) => {
  const child = spawnProgram(native, { argv: [BUSYBOX, 'sleep', '100'] });
  t.teardown(() => child.signal(9));
  await child.started;
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  t.regex(status, new RegExp(`^PPid:\\t${process.pid}$`, 'm'));
  t.is(readlinkSync(`/proc/${child.pid}/exe`), realpathSync(BUSYBOX));
});

test('namespaces: PID 1, a host name of its own, its own mounts', async (t) => {
  const root = await busyboxRootfs(tempdir(t, 'spawn'));
  const setup: Op[] = [...enterRoot(root), { op: 'HOSTNAME', name: 'inside' }];
  const script = 'echo $$; hostname; ls -d /*; grep -c . /proc/mounts';
  const { stdout, stderr } = await runProgram(native, { setup, argv: ['sh', '-c', script], cloneFlags: NAMESPACES });
  t.is(stderr, '');
  const [pid, name, ...rest] = stdout.trim().split('\n');
  t.deepEqual([pid, name], ['1', 'inside']);
  t.true(rest.includes('/bin') && !rest.includes('/work'));
  t.is(rest.at(-1), '2');
  t.false(existsSync(join(root, 'proc/mounts')), 'nothing of the mounts is seen outside');
});

test('only the descriptors given are open in the program', async (t) => {
  const { stdout } = await runProgram(native, { argv: [BUSYBOX, 'ls', '/proc/self/fd'] });
  t.is(stdout, '0\n1\n2\n3\n', '3 is the directory that ls reads');
});

test('no signal is blocked or ignored in the program', async (t) => {
  const { stdout } = await runProgram(native, { argv: [BUSYBOX, 'grep', '^Sig', '/proc/self/status'] });
  t.regex(stdout, /SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000/);
});

const failures: readonly (readonly [string, Op, RegExp, number])[] = [
  [
    'a directory that exists',
    { op: 'MKDIR', path: '/tmp', mode: 0o755 },
    /^mkdir \/tmp: EEXIST: file exists$/,
    linux.ERRNO.EEXIST,
  ],
  [
    'a missing mount point',
    { op: 'MOUNT', source: 'none', target: '/no/where', type: 'tmpfs', flags: 0, data: '' },
    /^mount \/no\/where: ENOENT: no such file or directory$/,
    linux.ERRNO.ENOENT,
  ],
  [
    'an unknown descriptor',
    { op: 'SETNS', slot: 99, flags: 0 },
    /^setns: EBADF: bad file descriptor$/,
    linux.ERRNO.EBADF,
  ],
];

for (const [name, op, message, errno] of failures) {
  test(`a plan that fails says where and why: ${name}`, async (t) => {
    const plan = [{ op: 'UMASK', mask: 0o22 } as const, op, exec([BUSYBOX, 'true'])];
    const child = native.spawn({ cloneFlags: linux.CLONE_NEWNS, fds: [0, 1, 2], plan });
    const error = await t.throwsAsync(child.started, { instanceOf: PlanError, message });
    t.like(error, { index: 1, errno, op });
    await child.exited;
  });
}

test('a program that is missing, or is a directory, fails at EXEC', async (t) => {
  await t.throwsAsync(runProgram(native, { argv: ['/no/such/program'] }), {
    message: 'exec /no/such/program: ENOENT: no such file or directory',
  });
  await t.throwsAsync(runProgram(native, { argv: ['/tmp'] }), { message: 'exec /tmp: EACCES: permission denied' });
  await t.throwsAsync(runProgram(native, { argv: ['nonesuch'] }), { message: /^exec nonesuch: ENOENT/ });
});

test('an errno that is tolerated, and an optional operation, do not stop the plan', async (t) => {
  const setup: Op[] = [
    { op: 'MKDIR', path: '/tmp', mode: 0o755, tolerate: linux.ERRNO.EEXIST },
    { op: 'MKDIR', path: '/no/where', mode: 0o755, optional: true },
  ];
  const { stdout } = await runProgram(native, { setup, argv: [BUSYBOX, 'echo', 'ran'] });
  t.is(stdout, 'ran\n');
});

test('a trace has every operation with its duration', async (t) => {
  const traces: OpTrace[] = [];
  const setup: Op[] = [
    { op: 'UMASK', mask: 0o22 },
    { op: 'CHDIR', path: '/no/where', optional: true },
  ];
  await runProgram(native, { setup, argv: [BUSYBOX, 'true'], onTrace: (trace) => traces.push(trace) });
  t.deepEqual(
    traces.slice(0, 2).map(({ index, errno }) => [index, errno]),
    [
      [0, 0],
      [1, linux.ERRNO.ENOENT],
    ],
  );
  t.true(traces.every(({ nanoseconds }) => nanoseconds >= 0n && nanoseconds < 10_000_000_000n));
});

test('a process killed before its program runs has not started', async (t) => {
  const gate = native.pipe();
  const child = spawnProgram(native, { setup: [{ op: 'WAIT', slot: 5 }], argv: [BUSYBOX, 'true'], fds: [gate.read] });
  t.true(child.signal(9));
  await t.throwsAsync(child.started, { message: 'the process was killed by SIGKILL before its program was executed' });
  t.deepEqual(await child.exited, { code: 137, signal: 9 });
  native.close(gate.read);
  native.close(gate.write);
});

test('a process whose start nobody waits for does not end this one', async (t) => {
  const child = spawnProgram(native, { argv: ['/no/such/program'] });
  t.is((await child.exited).signal, undefined);
});

test('spawn refuses what has no form', (t) => {
  t.throws(() => native.spawn({ cloneFlags: 0, fds: [0, 1], plan: [] }), { message: /2 descriptors/ });
  t.throws(() => native.spawn({ cloneFlags: 0, fds: [0, 1, 2], plan: [{ op: 'CHDIR', path: 'a\0' }] }), {
    message: /NUL/,
  });
  t.throws(() => native.spawn({ cloneFlags: 0, fds: [0, 1, 9999], plan: [exec(['true'])] }), { message: /EBADF/ });
});

test('fifty processes at once all end', async (t) => {
  const codes = Array.from({ length: 50 }, (_, index) => index);
  const results = await Promise.all(
    codes.map((code) => runProgram(native, { argv: [BUSYBOX, 'sh', '-c', `exit ${code}`], cloneFlags: NAMESPACES })),
  );
  t.deepEqual(
    results.map(({ status }) => status.code),
    codes,
  );
});

test('a terminal: the master arrives, has the size asked for, and can be resized', async (t) => {
  const root = await busyboxRootfs(tempdir(t, 'pty'));
  mkdirSync(join(root, 'dev/pts'));
  const [ours, theirs] = native.socketpair('stream', { nonblock: true });
  const devpts = { source: 'devpts', target: '/dev/pts', type: 'devpts', data: 'newinstance,ptmxmode=0666,mode=0620' };
  const [namespace, bind, rootOp, proc, pivot, chdir] = enterRoot(root) as [Op, Op, Op, Op, Op, Op];
  const setup: Op[] = [
    namespace,
    bind,
    rootOp,
    proc,
    { op: 'MOUNT', ...devpts, flags: linux.MS_NOSUID | linux.MS_NOEXEC, inRoot: true },
    { op: 'MKFILE', path: '/dev/console', mode: 0o600, inRoot: true },
    pivot,
    chdir,
    { op: 'SETSID' },
    { op: 'PTY', slot: 5, rows: 33, columns: 111 },
  ];
  const script = 'stty size; tty; trap "stty size; exit 3" WINCH; echo ready; while :; do sleep 0.1; done';
  t.is(native.receiveFd(ours), undefined);
  const child = spawnProgram(native, { setup, argv: ['sh', '-c', script], cloneFlags: NAMESPACES, fds: [theirs] });
  t.teardown(() => child.signal(9));
  await child.started;
  const master = native.receiveFd(ours);
  if (master === undefined) return t.fail('no terminal arrived');
  const log = join(root, 'log');
  const logFd = native.open(log, linux.O_CREAT | linux.O_WRONLY, 0o600);
  const pump = native.pump({ stdout: native.dup(master), log: logFd, held: true });
  const tee = native.pipe();
  pump.tee(tee.write, { stdout: true, stderr: false, mux: false });
  pump.release();
  while (!readFileSync(log, 'utf8').includes('ready')) await setTimeout(20);
  native.resizePty(master, 50, 200);
  const text = (await readAll(tee.read)).toString();
  t.is(text, '33 111\r\n/dev/pts/0\r\nready\r\n50 200\r\n');
  t.is((await child.exited).code, 3);
  await pump.finished;
  for (const fd of [master, ours, theirs]) native.close(fd);
});

test('the event loop ends when nothing is pending, and not before', (t) => {
  const script = `
    const { findNativeParts, loadNative } = await import('${ROOT}/src/native/load.ts');
    const native = loadNative(findNativeParts([]));
    const plan = [{ op: 'EXEC', argv: ['${BUSYBOX}', 'sleep', '0.2'], envp: [], flags: 0 }];
    native.spawn({ cloneFlags: 0, fds: [0, 1, 2], plan }).exited.then(({ code }) => console.log('ended', code));
  `;
  const arguments_ = ['--input-type=module', '-e', script];
  t.is(execFileSync(process.execPath, arguments_, { encoding: 'utf8', timeout: 20_000 }), 'ended 0\n');
});

test('the file that is executed may have another name than its first argument', async (t) => {
  const argv = ['echo', 'by its name'];
  const { stdout } = await runProgram(native, { setup: [{ op: 'PROGRAM', path: BUSYBOX }], argv, env: [] });
  t.is(stdout, 'by its name\n');
});

const LOOKUPS: readonly [program: string, searchPath: string, errno: number | undefined][] = [
  ['busybox', '/nowhere:/bin', undefined],
  [BUSYBOX, '', undefined],
  ['busybox', '/nowhere', ERRNO.ENOENT],
  ['/nowhere/x', '/bin', ERRNO.ENOENT],
  ['/etc', '/bin', ERRNO.EACCES],
  ['passwd', '/etc', ERRNO.EACCES],
];

for (const [program, searchPath, errno] of LOOKUPS) {
  test(`whether ${program} can be executed with the PATH "${searchPath}" is known before`, async (t) => {
    const running = runProgram(native, { setup: [{ op: 'LOOKUP', program, searchPath }], argv: [BUSYBOX, 'true'] });
    if (errno === undefined) await t.notThrowsAsync(running);
    else t.is((await t.throwsAsync(running, { instanceOf: PlanError }))?.errno, errno);
  });
}

test('a program gets descriptors from 3 on, and a failure is still reported', async (t) => {
  const file = join(tempdir(t), 'file');
  writeFileSync(file, 'passed\n');
  const fds = [native.open(file, linux.O_RDONLY), native.open('/dev/null', linux.O_RDONLY)];
  const setup: Op[] = [{ op: 'PASS', slot: 5, count: 2 }];
  const { stdout } = await runProgram(native, {
    fds,
    setup,
    argv: [BUSYBOX, 'sh', '-c', 'cat <&3; ls /proc/self/fd | wc -l'],
  });
  t.is(stdout, 'passed\n6\n');
  const missing = runProgram(native, { fds, setup, argv: ['/nowhere'] });
  t.is((await t.throwsAsync(missing, { instanceOf: PlanError }))?.errno, ERRNO.ENOENT);
  for (const fd of fds) native.close(fd);
});

test('a process that is left keeps its exit status for its next parent', async (t) => {
  const none = native.open('/dev/null', linux.O_RDWR);
  const process = native.spawn({
    cloneFlags: 0,
    fds: [none, none, none],
    plan: [exec([BUSYBOX, 'false'])],
    leave: true,
  });
  t.deepEqual(await process.exited, { code: 1, signal: undefined });
  t.regex(readFileSync(`/proc/${process.pid}/stat`, 'utf8'), /\) Z /);
  native.close(none);
});
