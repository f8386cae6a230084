// Pulls of what is wrong or cut off, and onto a disk that is full, through the executable: a clear error, exit code 1, and
// nothing below the root, in the database or on the host. pull-faults.test.ts has many more cases below the daemon.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { busyboxEntries } from '../helpers/busybox.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { type Blob, type Image, makeImage } from '../helpers/image.ts';
import { noise } from '../helpers/noise.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { type Registry, startRegistry } from '../helpers/registry.ts';
import { engineState, leftSince, openDescriptors } from '../helpers/residue.ts';
import { ok } from '../helpers/run.ts';
import type { TarEntry } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { cutAfter, startFaultyRegistry } from './faulty-registry.ts';

const suite = suiteOwner(test);
let registry: Registry;
let daemon: Daemon;

test.before(async () => {
  registry = await startRegistry(suite);
  daemon = await startDaemon(suite);
});

/** The image, pushed under a name of its own; the reference. */
async function push(image: Image, name: string): Promise<string> {
  await pushImage(image, { url: registry.url, name, tag: 'latest' });
  return `${registry.host}/${name}`;
}

function layered(...layers: readonly (readonly TarEntry[])[]): Image {
  return makeImage({ layers: layers.map((entries) => ({ entries })) });
}

/** Changes one byte in the middle of a blob, as a disk of the registry's might. */
function spoil(blob: Blob): void {
  const hex = blob.digest.slice('sha256:'.length);
  const path = join(registry.storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
  const bytes = readFileSync(path);
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  writeFileSync(path, bytes);
}

/** By both command lines: `tsker pull` and `docker pull`. */
async function assertRefused(t: ExecutionContext, reference: string, says: RegExp): Promise<void> {
  const before = await engineState(daemon);
  for (const cli of [daemon.tsker, daemon.docker()]) {
    const { code, stderr } = await cli.run(['pull', reference]);
    t.log(stderr.trimEnd());
    t.is(code, 1);
    t.regex(stderr, says);
    t.notRegex(stderr, /\n\s+at |node:internal|undefined/);
  }
  const { code } = await daemon.tsker.run(['run', '--rm', reference, 'true']);
  t.is(code, 125);
  t.deepEqual(await leftSince(daemon, before), []);
}

test.serial('a layer that is not what its digest says', async (t) => {
  const image = layered([{ path: 'one', content: 'one' }], [{ path: 'two', content: noise('layer', 300_000) }]);
  const reference = await push(image, 'spoiled-layer');
  const layer = image.layers[1];
  if (layer === undefined) throw new Error('two layers were made');
  spoil(layer);
  await assertRefused(t, reference, new RegExp(layer.digest));
});

test.serial('a configuration that is not what its digest says', async (t) => {
  const image = layered([{ path: 'config', content: 'config' }]);
  const reference = await push(image, 'spoiled-config');
  spoil(image.config);
  await assertRefused(t, reference, /verification failed|digest/);
});

test.serial('a manifest that is not what the digest in the reference says', async (t) => {
  const image = layered([{ path: 'manifest', content: 'manifest' }]);
  const reference = await push(image, 'manifest');
  const faulty = await startFaultyRegistry(t, registry.url, ({ path, pass }) => {
    if (!path.includes('/manifests/')) return false;
    pass((chunk) => Buffer.from(chunk.toString().replace('"schemaVersion": 2', '"schemaVersion":  2').trimEnd()));
    return true;
  });
  const name = reference.slice(reference.indexOf('/'));
  await assertRefused(t, `${faulty.host}${name}@${image.manifest.digest}`, /verification failed|digest/);
});

test.serial('a registry that hangs up half-way, every time', async (t) => {
  const image = layered([{ path: 'big', content: noise('cut', 500_000) }]);
  const reference = await push(image, 'cut');
  // The same byte is the last one each time: no progress is made between two tries.
  const faulty = await startFaultyRegistry(t, registry.url, ({ isBlob, request, pass, response }) => {
    if (!isBlob) return false;
    if (request.headers.range !== undefined) response.destroy();
    else pass(cutAfter(100_000));
    return true;
  });
  await assertRefused(t, `${faulty.host}${reference.slice(reference.indexOf('/'))}`, /closed the connection|EOF/);
});

const ESCAPES: Readonly<Record<string, readonly TarEntry[]>> = {
  'a name with ../': [{ path: '../escaped', content: 'out' }],
  'a name with many ../': [{ path: '../../../../../../../../../../tmp/tsker-escaped', content: 'out' }],
  'a ../ in the middle': [{ path: 'a/../../escaped', content: 'out' }],
  'a hard link out of the root': [{ path: 'passwd', type: 'link', target: '../../../../../../../../etc/passwd' }],
};

for (const [what, entries] of Object.entries(ESCAPES)) {
  test.serial(`a layer with ${what} is refused`, async (t) => {
    const image = layered([{ path: 'ok', content: 'ok' }, ...entries]);
    const reference = await push(image, `escape-${Object.keys(ESCAPES).indexOf(what)}`);
    await assertRefused(t, reference, /escaped|passwd/);
    t.false(existsSync('/tmp/tsker-escaped'));
  });
}

test.serial('a path through a link that leads nowhere is refused', async (t) => {
  const outside = tempdir(t, 'outside');
  const image = layered([
    { path: 'out', type: 'symlink', target: outside },
    { path: 'out/planted', content: 'planted' },
  ]);
  await assertRefused(t, await push(image, 'dangling'), /out\/planted: .*not a directory/);
  t.deepEqual(readdirSync(outside), []);
});

test.serial('links of a layer that point to the host end inside the root', async (t) => {
  const outside = tempdir(t, 'outside');
  writeFileSync(join(outside, 'secret'), 'of the host');
  const image = layered(
    [
      ...(await busyboxEntries()),
      // The same path inside: what goes through the link has to land there.
      { path: outside.slice(1), type: 'directory' },
      { path: 'out', type: 'symlink', target: outside },
      { path: 'out/planted', content: 'planted' },
      { path: 'up', type: 'symlink', target: '../../../../../../../../tmp' },
      { path: 'up/tsker-planted', content: 'planted' },
      { path: 'out/hard', type: 'link', target: 'up/tsker-planted' },
      { path: '/absolute', content: 'absolute' },
      { path: 'absolute-link', type: 'link', target: '/absolute' },
      { path: 'etc/shadow-link', type: 'symlink', target: '/etc/shadow' },
    ],
    // A whiteout through a link of the layer below must not reach the host either.
    [{ path: 'out/.wh.secret' }, { path: 'up/later', content: 'later' }],
  );
  const before = await engineState(daemon);
  const reference = await push(image, 'links');
  await daemon.tsker.ok(['pull', reference]);
  t.deepEqual(readdirSync(outside), ['secret']);
  t.false(existsSync('/tmp/tsker-planted'));
  t.false(existsSync('/tmp/later'));
  const script = `cat /absolute /absolute-link ${outside}/planted ${outside}/hard /tmp/tsker-planted`;
  t.is(await daemon.tsker.ok(['run', '--rm', reference, 'sh', '-c', script]), 'absoluteabsoluteplantedplantedplanted');
  await daemon.tsker.ok(['rmi', reference]);
  t.deepEqual(await leftSince(daemon, before), []);
});

test.serial('a full disk while pulling', async (t) => {
  t.timeout(120_000);
  const disk = tempdir(t, 'full');
  await ok(['mount', '-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk]);
  const full = await startDaemon(t, { root: join(disk, 'root') });
  const image = layered(...['a', 'b', 'c'].map((name) => [{ path: name, content: noise(name, 1_000_000) }]), [
    ...(await busyboxEntries()),
    { path: 'big', content: noise('big', 20_000_000) },
  ]);
  const reference = await push(image, 'full');
  // A failure with something already there: what was there stays usable.
  await full.tsker.ok(['run', '--rm', 'tsker/busybox', 'true']);
  const before = await engineState(full);
  for (const cli of [full.tsker, full.docker()]) {
    const { code, stderr } = await cli.run(['pull', reference]);
    t.log(stderr.trimEnd());
    t.is(code, 1);
    t.regex(stderr, /no space left on device/);
  }
  t.deepEqual(await leftSince(full, before), []);
  t.is(await full.tsker.ok(['run', '--rm', 'tsker/busybox', 'echo', 'alive']), 'alive');
  await ok(['mount', '-o', 'remount,size=64m', disk]);
  await full.tsker.ok(['pull', reference]);
  t.is(await full.tsker.ok(['run', '--rm', reference, 'wc', '-c', '/big']), '20000000 /big');
});

test.serial('a hundred pulls that fail leave no descriptor open', async (t) => {
  t.timeout(120_000);
  const image = layered([{ path: 'fd', content: 'fd' }]);
  const reference = await push(image, 'descriptors');
  const [layer] = image.layers;
  if (layer === undefined) throw new Error('a layer was made');
  spoil(layer);
  await daemon.tsker.run(['pull', reference]);
  const before = openDescriptors(daemon.pid);
  const path = `/images/create?fromImage=${encodeURIComponent(reference)}&tag=latest`;
  for (let round = 0; round < 100; round += 1) {
    const answer = await daemon.api('POST', path);
    t.true(answer.status !== 200 || /errorDetail/.test(answer.text), answer.text);
  }
  t.true(openDescriptors(daemon.pid) <= before + 5, `${before} descriptors became ${openDescriptors(daemon.pid)}`);
});
