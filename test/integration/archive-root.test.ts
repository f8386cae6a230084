// Roots of containers, running and not, and archives out of and into them while a process of the container swaps links: the
// attack of CVE-2018-15664 and CVE-2019-14271 (root, overlay, busybox, python3).
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openPath, packPath, packTree, placeTree, statPath } from '../../src/layer/archive.ts';
import { openLayerRoot, type Root } from '../../src/layer/archive-root.ts';
import { CLONE_NEWNS, CLONE_NEWPID, MS_BIND, MS_PRIVATE, MS_REC, O_RDONLY } from '../../src/native/linux.ts';
import type { Spawned } from '../../src/native/native.ts';
import type { Op } from '../../src/native/ops.ts';
import { openProcessRoot } from '../../src/runtime/archive.ts';
import { BUSYBOX, exec, openNative, readAll } from '../helpers/native.ts';
import { startBackground } from '../helpers/process.ts';
import { ok } from '../helpers/run.ts';
import { makeTar, type TarEntry } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';

const native = openNative();
const RACE_MS = 5000;

async function names(root: Root): Promise<string[]> {
  const { fd, finished } = packTree(native, root.fd);
  const list = await ok(['tar', '-t'], { input: await readAll(fd) });
  await finished;
  return list.split('\n').filter((name) => name !== '');
}

/** The files of an archive as one text. */
async function text(root: number, path: string): Promise<string> {
  const opened = await openPath(native, { root, path });
  try {
    const { fd, finished } = packPath(native, opened);
    const tar = await readAll(fd);
    await finished;
    return tar.toString('latin1');
  } finally {
    opened.close();
  }
}

function place(t: ExecutionContext, root: number, path: string, entries: readonly TarEntry[]): Promise<unknown> {
  const archive = join(tempdir(t, 'archive'), 'tar');
  writeFileSync(archive, makeTar(entries));
  return placeTree(native, { root, path, fd: native.open(archive, O_RDONLY) });
}

// ---- containers that do not run ----

function overlayRoot(t: ExecutionContext): { home: string; rootfs: Parameters<typeof openLayerRoot>[1]['rootfs'] } {
  const home = tempdir(t, 'layers');
  for (const name of ['l/lower', 'c/diff', 'c/work']) mkdirSync(join(home, name), { recursive: true });
  writeFileSync(join(home, 'l/lower/below'), 'lower');
  writeFileSync(join(home, 'c/diff/above'), 'upper');
  symlinkSync('/../../volume', join(home, 'c/diff/data'));
  const options = ['lowerdir=l/lower', 'upperdir=c/diff', 'workdir=c/work'];
  return { home, rootfs: { type: 'overlay', source: 'overlay', cwd: home, options } };
}

test('a stopped container is read as often as one likes, and nobody sees its mounts', async (t) => {
  const { home, rootfs } = overlayRoot(t);
  const open = (): Promise<Root> => openLayerRoot(native, { rootfs, readOnly: true });
  const [one, other] = await Promise.all([open(), open()]);
  t.deepEqual(await names(one), ['above', 'below', 'data']);
  t.deepEqual(await names(other), ['above', 'below', 'data']);
  t.false(readFileSync('/proc/self/mounts', 'utf8').includes(home));
  t.like(await t.throwsAsync(place(t, one.fd, '/', [{ path: 'x' }])), { reason: 'read_only', errno: 'EROFS' });
  await Promise.all([one.close(), other.close()]);
  t.deepEqual(readdirSync(join(home, 'c/work')), []);
});

test('what is placed in a stopped container is in its layer, or in its volume', async (t) => {
  const { home, rootfs } = overlayRoot(t);
  const volume = tempdir(t, 'volume');
  const binds = [{ source: volume, target: '/data', kind: 'directory' }] as const;
  const root = await openLayerRoot(native, { rootfs, readOnly: false, binds });
  await place(t, root.fd, '/', [
    { path: 'below', content: 'new' },
    { path: 'data/kept', content: 'in the volume' },
  ]);
  await root.close();
  t.is(readFileSync(join(home, 'c/diff/below'), 'utf8'), 'new');
  t.is(readFileSync(join(volume, 'kept'), 'utf8'), 'in the volume');
  t.is(readFileSync(join(home, 'l/lower/below'), 'utf8'), 'lower');
  t.deepEqual(readdirSync(join(home, 'c/diff/volume')), []);
  const read = await openLayerRoot(native, { rootfs, readOnly: true, binds });
  t.true((await names(read)).includes('volume/kept'));
  await read.close();
});

test('what is placed is not waited for until it is on disk, and nothing stays of the mount', async (t) => {
  const { home, rootfs } = overlayRoot(t);
  const indexless = { ...rootfs, options: [...rootfs.options, 'index=off'] };
  // Of a daemon that was killed: overlay takes it no more.
  mkdirSync(join(home, 'c/work-unsynced/work/incompat/volatile'), { recursive: true });
  for (const content of ['new', 'newer']) {
    const root = await openLayerRoot(native, { rootfs: indexless, readOnly: false });
    t.true(existsSync(join(home, 'c/work-unsynced/work/incompat/volatile')));
    await place(t, root.fd, '/', [{ path: 'below', content }]);
    await root.close();
    t.is(readFileSync(join(home, 'c/diff/below'), 'utf8'), content);
  }
  t.deepEqual(readdirSync(join(home, 'c')), ['diff', 'work']);
  // As a start mounts it.
  const target = join(home, 'c/merged');
  mkdirSync(target);
  await ok(['mount', '-t', 'overlay', '-o', indexless.options.join(','), 'overlay', target], { cwd: home });
  t.is(readFileSync(join(target, 'below'), 'utf8'), 'newer');
  await ok(['umount', target]);
});

test('a root that cannot be mounted says what failed', async (t) => {
  const { home, rootfs } = overlayRoot(t);
  const broken = { ...rootfs, options: ['lowerdir=l/nowhere', 'upperdir=c/diff', 'workdir=c/work'] };
  await t.throwsAsync(openLayerRoot(native, { rootfs: broken, readOnly: false }), {
    name: 'PlanError',
    message: /^mount /,
  });
  t.true(existsSync(home));
});

// ---- running ones ----

interface Running {
  readonly process: Spawned;
  readonly root: string;
}

/** Busybox in a mount namespace with `root` as its root, and a tmpfs at /tmpfs. */
async function startContainer(t: ExecutionContext): Promise<Running> {
  const root = join(tempdir(t, 'container'), 'root');
  for (const name of ['bin', 'tmpfs', 'data/d', 'proc']) mkdirSync(join(root, name), { recursive: true });
  await ok(['cp', BUSYBOX, join(root, 'bin/busybox')]);
  writeFileSync(join(root, 'data/d/file'), 'of the container');
  const plan: Op[] = [
    { op: 'PROPAGATION', target: '/', flags: MS_REC | MS_PRIVATE },
    { op: 'MOUNT', source: root, target: root, type: '', flags: MS_BIND, data: '' },
    { op: 'ROOT', path: root },
    { op: 'MOUNT', source: 'tmpfs', target: '/tmpfs', type: 'tmpfs', flags: 0, data: 'mode=755', inRoot: true },
    { op: 'MOUNT', source: 'proc', target: '/proc', type: 'proc', flags: 0, data: '', inRoot: true },
    { op: 'PIVOT' },
    { op: 'MKFILE', path: '/tmpfs/inside', mode: 0o644 },
    exec(['/bin/busybox', 'sleep', '100']),
  ];
  const none = native.open('/dev/null', 2);
  const process = native.spawn({ cloneFlags: CLONE_NEWNS | CLONE_NEWPID, fds: [none, none, 2], plan });
  native.close(none);
  t.teardown(async () => {
    process.signal(9);
    await process.exited;
  });
  await process.started;
  return { process, root };
}

test('a running container is seen as it sees itself, or without its mounts', async (t) => {
  const { process } = await startContainer(t);
  const whole = await openProcessRoot(native, { process, mounts: true, readOnly: false });
  const alone = await openProcessRoot(native, { process, mounts: false, readOnly: true });
  t.deepEqual(await names(whole), [
    'bin/',
    'bin/busybox',
    'data/',
    'data/d/',
    'data/d/file',
    'proc/',
    'tmpfs/',
    'tmpfs/inside',
  ]);
  t.deepEqual(await names(alone), ['bin/', 'bin/busybox', 'data/', 'data/d/', 'data/d/file', 'proc/', 'tmpfs/']);
  await place(t, whole.fd, '/tmpfs', [{ path: 'placed', content: 'x' }]);
  t.like(await statPath(native, { root: whole.fd, path: '/tmpfs/placed' }), { size: 1 });
  for (const path of ['/proc/1/root/etc/passwd', '/proc/version', '/proc/1/exe/x']) {
    await t.throwsAsync(text(whole.fd, path), { name: 'ArchiveError' }, path);
  }
  await t.throwsAsync(place(t, whole.fd, '/proc/sys/kernel', [{ path: 'core_pattern', content: '|x' }]), {
    message: /operation not supported/i,
  });
  // It outlives its container.
  process.signal(9);
  await process.exited;
  t.like(await statPath(native, { root: whole.fd, path: '/tmpfs/placed' }), { size: 1 });
  await Promise.all([whole.close(), alone.close()]);
  await t.throwsAsync(openProcessRoot(native, { process, mounts: true, readOnly: true }), { code: 'conflict' });
});

test('a process that is no container gives no root', async (t) => {
  const pidfd = native.pidfdOpen(process.pid);
  t.teardown(() => native.close(pidfd));
  const own = { pid: process.pid, pidfd };
  t.like(await t.throwsAsync(openProcessRoot(native, { process: own, mounts: true, readOnly: true })), {
    errno: 'EXDEV',
  });
});

// ---- the race ----

/** Swaps /data/d for a link to the host's `outside` and back, without end. */
function swapLinks(t: ExecutionContext, { root }: Running, target: string): void {
  symlinkSync(target, join(root, 'data/link'));
  const argv = ['/usr/bin/python3', join(import.meta.dirname, '../fixtures/layer/swap.py')];
  const log = join(tempdir(t, 'swap'), 'log');
  const swapper = startBackground([...argv, join(root, 'data/d'), join(root, 'data/link')], { log });
  t.teardown(() => swapper.stop());
}

for (const [what, target] of [
  ['absolute', (path: string): string => path],
  ['upwards', (path: string): string => `../../../../../../../..${path}`],
] as const) {
  test(`a container that swaps ${what} links gets nothing out of its root, and nothing of the host's into it`, async (t) => {
    const outside = tempdir(t, 'outside');
    writeFileSync(join(outside, 'file'), 'of the host', { mode: 0o600 });
    const before = statSync(outside);
    const container = await startContainer(t);
    const root = await openProcessRoot(native, { process: container.process, mounts: true, readOnly: false });
    swapLinks(t, container, target(outside));
    let read = 0;
    let placed = 0;
    for (const end = Date.now() + RACE_MS / 2; Date.now() < end; ) {
      const [one, other] = await Promise.allSettled([
        text(root.fd, '/data/d/file'),
        place(t, root.fd, '/data/d', [
          { path: 'owned', content: 'x', mode: 0o4777 },
          { path: 'sub', type: 'directory', mode: 0o777, uid: 7 },
        ]),
      ]);
      if (one.status === 'fulfilled') {
        t.false(one.value.includes('of the host'));
        read += 1;
      }
      if (other.status === 'fulfilled') placed += 1;
    }
    t.log(`${read} files read, ${placed} archives placed`);
    t.true(read > 0 && placed > 0);
    await root.close();
    t.deepEqual(readdirSync(outside), ['file']);
    t.is(readFileSync(join(outside, 'file'), 'utf8'), 'of the host');
    const after = statSync(outside);
    t.deepEqual([after.mode, after.uid, after.mtimeMs], [before.mode, before.uid, before.mtimeMs]);
  });
}
