// The test ground itself. Needs: root, docker-registry, skopeo, python3, tar; Debian's dockerd for the reference.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { dockerArchive, ociArchive } from '../helpers/archive.ts';
import { busyboxImage, busyboxRootfs } from '../helpers/busybox.ts';
import { startDaemon } from '../helpers/daemon.ts';
import { additions, findTraces, snapshotHost } from '../helpers/host.ts';
import { type Compression, type MediaTypes, makeImage, makeIndex } from '../helpers/image.ts';
import type { Owner } from '../helpers/owner.ts';
import { pushImage, pushIndex } from '../helpers/push.ts';
import { startDocker } from '../helpers/reference-docker.ts';
import { startRegistry } from '../helpers/registry.ts';
import { ok, run } from '../helpers/run.ts';
import { allotSubnet } from '../helpers/subnet.ts';
import { makeTar } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { openTerminal } from '../helpers/terminal.ts';
import { waitFor } from '../helpers/wait.ts';

/** An owner whose end the test decides; at the latest it is the test's own. */
function innerOwner(t: Owner): Owner & { end(): Promise<void> } {
  const stack: (() => void | Promise<void>)[] = [];
  const end = async (): Promise<void> => {
    for (let fn = stack.pop(); fn !== undefined; fn = stack.pop()) await fn();
  };
  t.teardown(end);
  return { teardown: (fn) => void stack.push(fn), end };
}

test('a tar made here is what tar reads', async (t) => {
  const archive = join(tempdir(t), 'a.tar');
  const long = `${'d'.repeat(150)}/${'f'.repeat(90)}`;
  const tar = makeTar([
    { path: 'dir/', type: 'directory', mode: 0o1777 },
    { path: 'dir/file', content: 'hello', mode: 0o4755, uid: 12, gid: 34, mtime: 1 },
    { path: 'link', type: 'symlink', target: `/${'t'.repeat(120)}` },
    { path: 'hard', type: 'link', target: 'dir/file' },
    { path: 'null', type: 'character', major: 1, minor: 3, mode: 0o666 },
    { path: 'pipe', type: 'fifo' },
    { path: long, content: 'pax' },
    { path: `gnu/${long}`, content: 'gnu', long: 'gnu' },
    { path: 'big', uid: 3_000_000, xattrs: { 'user.tsker': 'value' } },
  ]);
  writeFileSync(archive, tar);
  const listing = (
    await ok(['tar', '--numeric-owner', '--xattrs', '-tvf', archive], { env: { ...process.env, TZ: 'UTC' } })
  ).split('\n');
  t.deepEqual(
    listing.map((line) => line.replace(/ +/g, ' ')),
    [
      'drwxrwxrwt 0/0 0 2023-11-14 22:13 dir/',
      '-rwsr-xr-x 12/34 5 1970-01-01 00:00 dir/file',
      `lrw-r--r-- 0/0 0 2023-11-14 22:13 link -> /${'t'.repeat(120)}`,
      'hrw-r--r-- 0/0 0 2023-11-14 22:13 hard link to dir/file',
      'crw-rw-rw- 0/0 1,3 2023-11-14 22:13 null',
      'prw-r--r-- 0/0 0 2023-11-14 22:13 pipe',
      `-rw-r--r-- 0/0 3 2023-11-14 22:13 ${long}`,
      `-rw-r--r-- 0/0 3 2023-11-14 22:13 gnu/${long}`,
      '-rw-r--r--* 3000000/0 0 2023-11-14 22:13 big',
    ],
  );
});

test('images of every kind get to a registry, and skopeo reads them there and in archives', async (t) => {
  const registry = await startRegistry(t);
  const dir = tempdir(t);
  const top = { entries: [{ path: 'etc/.wh.passwd' }] };
  const kinds: readonly [MediaTypes, Compression][] = [
    ['docker', 'gzip'],
    ['docker', 'none'],
    ['oci', 'gzip'],
    ['oci', 'zstd'],
    ['oci', 'none'],
  ];
  for (const [mediaTypes, compression] of kinds) {
    const image = await busyboxImage({ mediaTypes, compression, layers: [top] });
    const name = `kinds/${mediaTypes}-${compression}`;
    t.is(await pushImage(image, { url: registry.url, name, tag: 'latest' }), image.manifest.digest);
    const seen = JSON.parse(await ok(['skopeo', 'inspect', '--tls-verify=false', `docker://${registry.host}/${name}`]));
    t.like(seen, { Digest: image.manifest.digest, Layers: image.layers.map(({ digest }) => digest) });
    const archive = join(dir, `${mediaTypes}-${compression}.tar`);
    writeFileSync(archive, mediaTypes === 'oci' ? ociArchive(image, ['a:b']) : dockerArchive(image, ['a:b']));
    const scheme = mediaTypes === 'oci' ? 'oci-archive' : 'docker-archive';
    t.is((await run(['skopeo', 'inspect', `${scheme}:${archive}`])).code, 0);
  }
});

test('an index offers an image for each platform', async (t) => {
  const registry = await startRegistry(t);
  const images = ['amd64', 'arm64'].map((architecture) =>
    makeImage({ layers: [{ entries: [{ path: architecture }] }], platform: { os: 'linux', architecture } }),
  );
  await pushIndex(makeIndex(images), images, { url: registry.url, name: 'multi', tag: '1' });
  for (const architecture of ['amd64', 'arm64']) {
    const argv = [
      'skopeo',
      `--override-arch=${architecture}`,
      'inspect',
      '--tls-verify=false',
      `docker://${registry.host}/multi:1`,
    ];
    t.is(JSON.parse(await ok(argv)).Architecture, architecture);
  }
});

test('a busybox root file system runs', async (t) => {
  const root = await busyboxRootfs(tempdir(t));
  t.is(await ok(['chroot', root, '/bin/sh', '-c', 'echo $0; id -un']), '/bin/sh\nroot');
});

test('a terminal has the size asked for, takes input, is resized, and gives the exit code', async (t) => {
  const terminal = openTerminal(t, ['/bin/sh'], { rows: 33, columns: 99 });
  terminal.type('stty size\n');
  await terminal.expect(/33 99/);
  terminal.resize(20, 70);
  terminal.type('stty size\n');
  await terminal.expect(/20 70/);
  terminal.type('exit 3\n');
  t.is(await terminal.exited, 3);
});

test('what was added to the host is noticed', async (t) => {
  const dir = tempdir(t);
  const before = await snapshotHost();
  await ok(['mount', '-t', 'tmpfs', 'tmpfs', dir]);
  t.true(additions(before, await snapshotHost()).some((line) => line.startsWith(`mounts: ${dir} tmpfs`)));
  t.is((await findTraces([dir])).filter((line) => line.startsWith('mounts')).length, 1);
});

test('a temporary directory goes with its mounts', async (t) => {
  const owner = innerOwner(t);
  const dir = tempdir(owner);
  mkdirSync(join(dir, 'a b'));
  await ok(['mount', '-t', 'tmpfs', 'tmpfs', join(dir, 'a b')]);
  await owner.end();
  t.false(existsSync(dir));
});

test('subnets differ', (t) => {
  const prefixes = Array.from({ length: 50 }, () => allotSubnet(t).prefix);
  t.is(new Set(prefixes).size, 50);
});

test.serial('daemons live side by side, are killed and started again, and are gone at the end', async (t) => {
  const owner = innerOwner(t);
  const env = { TSKER_BIN: `${process.execPath} ${join(import.meta.dirname, '../fixtures/fake-daemon.ts')}` };
  const [one, two] = await Promise.all([startDaemon(owner, { env }), startDaemon(owner, { env })]);
  t.not(one.socket, two.socket);
  t.not(one.bridge, two.bridge);
  t.is((await one.api('GET', '/_ping')).text, 'OK');
  const { pid } = one;
  await one.kill();
  await one.start();
  t.not(one.pid, pid);
  t.is((await one.api('GET', '/_ping')).status, 200);
  await owner.end();
  t.false(existsSync(`/proc/${two.pid}`));
});

test.serial('a daemon that leaves something on the host fails its test', async (t) => {
  const owner = innerOwner(t);
  const TSKER_BIN = `${process.execPath} ${join(import.meta.dirname, '../fixtures/fake-daemon.ts')}`;
  await startDaemon(owner, { env: { TSKER_BIN, LEAVE_BEHIND: 'yes' } });
  await t.throwsAsync(owner.end(), { message: /left on the host:\nmounts: \S+\/root\/left tmpfs/ });
  await owner.end();
});

test.serial('the reference engine pulls and runs in a network of its own, and leaves nothing', async (t) => {
  const owner = innerOwner(t);
  const before = await snapshotHost();
  const registry = await startRegistry(owner);
  await pushImage(await busyboxImage(), { url: registry.url, name: 'busybox', tag: 'latest' });
  const docker = await startDocker(owner);
  const inside = await startRegistry(owner, { storage: registry.storage, enter: docker.enter });
  t.is(await docker.cli.ok(['run', '--rm', `${inside.host}/busybox`, 'echo', 'hi']), 'hi');
  await docker.cli.ok(['run', '-d', `${inside.host}/busybox`, 'sleep', '1000']);
  const mine = [docker.root, docker.socket];
  await owner.end();
  t.deepEqual(await findTraces(mine), []);
  // Others may be at work, with engines of their own: only a link of Docker's on the host would be ours.
  await waitFor('the links to be as before', async () =>
    additions(before, await snapshotHost()).every((line) => !/^links: .*docker/.test(line)),
  );
});
