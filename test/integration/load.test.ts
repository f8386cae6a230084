// Archives of images, written by skopeo, by this engine's tests and by nobody sane, into real layers.
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test from 'ava';
import { dockerArchive, ociArchive } from '../helpers/archive.ts';
import { digestOf, makeImage } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { type Registry, startRegistry } from '../helpers/registry.ts';
import { run } from '../helpers/run.ts';
import { makeTar, type TarEntry } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { startEngine } from './image.harness.ts';

const suite = suiteOwner(test);
const native = openNative();
let registry: Registry;

test.before(async () => {
  registry = await startRegistry(suite);
});

const IMAGE = makeImage({
  layers: [
    { entries: [{ path: 'a', content: 'a'.repeat(100_000) }] },
    { entries: [{ path: 'b', content: 'b' }, { path: '.wh.a' }] },
  ],
  config: { Cmd: ['b'] },
});

for (const [what, archive] of [
  ['of docker save', dockerArchive(IMAGE, ['load/test:1', 'load/test:2'])],
  ['of docker save, gzipped', gzipSync(dockerArchive(IMAGE, ['load/test:1', 'load/test:2']))],
  ['of docker save, with zstd', zstdCompressSync(dockerArchive(IMAGE, ['load/test:1', 'load/test:2']))],
  ['that is an OCI layout', ociArchive(IMAGE, ['load/test:1', 'load/test:2'])],
] as const) {
  test(`an archive ${what} is loaded with its names`, async (t) => {
    const engine = await startEngine(t, { native });
    const messages = await engine.load(archive);
    const image = engine.images.resolve('load/test:1');
    t.is(image.id, IMAGE.config.digest);
    t.deepEqual(image.repoTags, ['load/test:1', 'load/test:2']);
    const lines = messages.flatMap(({ stream }) => (stream === undefined ? [] : [stream]));
    t.deepEqual([...new Set(lines)], ['Loaded image: load/test:1\n', 'Loaded image: load/test:2\n']);
    t.true(messages.some(({ status, id }) => status === 'Loading layer' && id?.length === 12));
    t.true(engine.events.includes(`image load ${image.id}`));
    t.deepEqual(readdirSync(join(engine.root, 'tmp')), [], 'the spool is gone');
    await engine.service.remove({ name: image.id, force: true, prune: true });
    t.deepEqual(engine.leftovers(), []);
  });
}

test('quiet says only what was loaded', async (t) => {
  const engine = await startEngine(t, { native });
  t.deepEqual(await engine.load(dockerArchive(IMAGE, ['load/quiet']), { quiet: true }), [
    { stream: 'Loaded image: load/quiet:latest\n' },
  ]);
});

test('an image without names is loaded by its id', async (t) => {
  const engine = await startEngine(t, { native });
  for (const archive of [dockerArchive(IMAGE, []), ociArchive(IMAGE, [])]) {
    const messages = await engine.load(archive);
    t.deepEqual(messages.at(-1), { stream: `Loaded image ID: ${IMAGE.config.digest}\n` });
  }
});

test('vfs loads the same archive', async (t) => {
  const engine = await startEngine(t, { native, driver: 'vfs' });
  await engine.load(dockerArchive(IMAGE, ['load/vfs']));
  t.is(engine.images.resolve('load/vfs').id, IMAGE.config.digest);
});

for (const format of ['docker-archive', 'oci-archive'] as const) {
  test(`what skopeo writes as ${format} is loaded`, async (t) => {
    const name = `skopeo-${format}`;
    await pushImage(IMAGE, { url: registry.url, name, tag: 'latest' });
    const file = join(tempdir(t, 'skopeo'), 'archive.tar');
    const source = `docker://${registry.host}/${name}:latest`;
    const target = `${format}:${file}:load/${name}:latest`;
    execFileSync('skopeo', ['copy', '--src-tls-verify=false', '--insecure-policy', source, target], { stdio: 'pipe' });
    const engine = await startEngine(t, { native });
    await engine.load(readFileSync(file));
    const image = engine.images.resolve(`load/${name}`);
    t.deepEqual(image.config.config?.Cmd, ['b']);
    t.deepEqual(
      image.config.rootfs.diff_ids,
      IMAGE.layers.map(({ diffId }) => diffId),
    );
  });
}

test('an archive of Docker before 1.10 is loaded', async (t) => {
  const engine = await startEngine(t, { native });
  const layers = ['base', 'top'].map((word) => makeTar([{ path: word, content: word }]));
  const [base, top] = ['1'.repeat(64), '2'.repeat(64)];
  const facts = { created: '2015-01-01T00:00:00Z', architecture: 'amd64', os: 'linux', config: { Cmd: ['sh'] } };
  const archive = makeTar([
    { path: `${base}/json`, content: JSON.stringify({ id: base, ...facts }) },
    { path: `${base}/layer.tar`, content: layers[0] ?? '' },
    { path: `${top}/json`, content: JSON.stringify({ id: top, parent: base, ...facts }) },
    { path: `${top}/layer.tar`, content: layers[1] ?? '' },
    { path: 'repositories', content: JSON.stringify({ old: { '1.0': top } }) },
  ]);
  await engine.load(archive);
  const image = engine.images.resolve('old:1.0');
  t.deepEqual(image.config.rootfs.diff_ids, layers.map(digestOf));
  t.deepEqual(image.config.config?.Cmd, ['sh']);
});

test('a layer that is a link to another one is found', async (t) => {
  const engine = await startEngine(t, { native });
  const layer = makeTar([{ path: 'x', content: 'x' }]);
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [digestOf(layer), digestOf(layer)] },
    }),
  );
  const manifest = [{ Config: 'config.json', RepoTags: ['linked:1'], Layers: ['1/layer.tar', '2/layer.tar'] }];
  await engine.load(
    makeTar([
      { path: '1/layer.tar', content: layer },
      { path: '2/layer.tar', type: 'symlink', target: '../1/layer.tar' },
      { path: 'config.json', content: config },
      { path: 'manifest.json', content: JSON.stringify(manifest) },
    ]),
  );
  t.is(engine.images.resolve('linked:1').config.rootfs.diff_ids.length, 2);
});

/** The entries of a right archive, to be spoiled. */
function parts(): { layer: Buffer; config: object; entries(change?: Partial<Record<string, unknown>>): TarEntry[] } {
  const layer = makeTar([{ path: 'x', content: 'x' }]);
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } };
  return {
    layer,
    config,
    entries: (change = {}) => [
      { path: 'layer.tar', content: layer },
      { path: 'config.json', content: JSON.stringify({ ...config, ...change }) },
      {
        path: 'manifest.json',
        content: JSON.stringify([{ Config: 'config.json', RepoTags: ['bad:1'], Layers: ['layer.tar'], ...change }]),
      },
    ],
  };
}

const good = parts();
const BAD: readonly (readonly [string, Buffer, string])[] = [
  ['with a name that leaves it', makeTar([{ path: '../../x', content: 'x' }, ...good.entries()]), 'corrupt'],
  ['with an absolute name', makeTar([{ path: '/tmp/tsker-load-evil', content: 'x' }, ...good.entries()]), 'corrupt'],
  [
    'whose layer is a link to the host',
    makeTar([...good.entries().slice(1), { path: 'layer.tar', type: 'symlink', target: '/etc/passwd' }]),
    'corrupt',
  ],
  [
    'whose configuration is a link up and out',
    makeTar([
      good.entries()[0] ?? { path: '' },
      { path: 'config.json', type: 'symlink', target: '../../../../etc/passwd' },
      ...good.entries().slice(2),
    ]),
    'corrupt',
  ],
  [
    'whose links go round',
    makeTar([
      ...good.entries().slice(1),
      { path: 'layer.tar', type: 'symlink', target: 'b' },
      { path: 'b', type: 'symlink', target: 'layer.tar' },
    ]),
    'corrupt',
  ],
  ['without the layer', makeTar(good.entries().slice(1)), 'corrupt'],
  ['without the configuration', makeTar(good.entries().filter(({ path }) => path !== 'config.json')), 'corrupt'],
  [
    'with another layer than promised',
    makeTar(good.entries({ rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] } })),
    'corrupt',
  ],
  ['with more layers than diff ids', makeTar(good.entries({ Layers: ['layer.tar', 'layer.tar'] })), 'corrupt'],
  ['with a manifest that is no list', makeTar([{ path: 'manifest.json', content: '{}' }]), 'corrupt'],
  ['with a manifest that is no JSON', makeTar([{ path: 'manifest.json', content: '[' }]), 'corrupt'],
  ['with a name that is none', makeTar(good.entries({ RepoTags: ['UPPER CASE'] })), 'invalid'],
  ['with a blob of another digest', makeTar([{ path: `blobs/sha256/${'0'.repeat(64)}`, content: 'x' }]), 'corrupt'],
  ['with a layer that escapes', withLayer(makeTar([{ path: '../../escape', content: 'x' }])), 'corrupt'],
  ['with a layer that is no tar', withLayer(Buffer.from('this is no tar'.repeat(100))), 'corrupt'],
  ['that is cut', makeTar(good.entries()).subarray(0, 2000), 'corrupt'],
  ['that is a root file system', makeTar([{ path: 'etc/passwd', content: 'x' }]), 'invalid'],
  ['that is empty', Buffer.alloc(0), 'invalid'],
  ['that is no archive', Buffer.from('hello, this is a text'.repeat(100)), 'corrupt'],
  ['compressed by xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0]), 'unsupported'],
];

for (const [what, archive, code] of BAD) {
  test(`an archive ${what} is refused and leaves nothing`, async (t) => {
    const engine = await startEngine(t, { native });
    const error = await t.throwsAsync(engine.load(archive), { code });
    t.log(error?.message);
    t.deepEqual(engine.leftovers(), []);
    t.false(existsSync('/tmp/tsker-load-evil'));
  });
}

test('a full disk is a clear error, and the spool is gone', async (t) => {
  const root = tempdir(t, 'full');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', root]);
  const engine = await startEngine(t, { native, root });
  const archive = withLayer(makeTar([{ path: 'big', content: Buffer.alloc(4_000_000, 'x') }]));
  await t.throwsAsync(engine.load(archive), { code: 'no_space', message: /no space left on device/ });
  t.deepEqual(engine.leftovers(), []);
});

test('a client that hangs up leaves nothing', async (t) => {
  const engine = await startEngine(t, { native });
  const controller = new AbortController();
  async function* body(): AsyncGenerator<Uint8Array> {
    yield dockerArchive(IMAGE, ['cut:1']).subarray(0, 5000);
    controller.abort();
    yield Buffer.alloc(512);
  }
  const loaded = engine.service.load(
    { body: body(), quiet: false },
    { emit: () => undefined, signal: controller.signal },
  );
  await t.throwsAsync(loaded, { code: 'cancelled' });
  t.deepEqual(engine.leftovers(), []);
});

test('what a killed daemon left of a load is removed at the next start', async (t) => {
  const engine = await startEngine(t, { native });
  await engine.service.recover();
  mkdirSync(join(engine.root, 'tmp/load-abc'), { recursive: true });
  writeFileSync(join(engine.root, 'tmp/load-abc/0'), 'half a layer');
  await engine.service.recover();
  t.deepEqual(engine.leftovers(), []);
});

test('the embedded image is an archive that skopeo and this engine read', async (t) => {
  const file = join(tempdir(t, 'busybox'), 'busybox.tar.gz');
  const made = await run([process.execPath, 'scripts/make-busybox-image.ts', '/bin/busybox', file]);
  t.is(made.code, 0, made.stderr);
  const engine = await startEngine(t, { native });
  const emit = (): void => undefined;
  await engine.service.load(
    { body: createReadStream(file), quiet: true },
    { emit, signal: new AbortController().signal },
  );
  t.deepEqual(engine.images.resolve('tsker/busybox').config.config?.Cmd, ['sh']);
  const plain = join(tempdir(t, 'busybox'), 'busybox.tar');
  execFileSync('sh', ['-c', `gzip -dc ${file} > ${plain}`]);
  t.regex(
    execFileSync('skopeo', ['inspect', '--config', `docker-archive:${plain}`], { encoding: 'utf8' }),
    /"Cmd": \[\s+"sh"/,
  );
});

/** A right archive around a layer. */
function withLayer(layer: Buffer): Buffer {
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } };
  return makeTar([
    { path: 'layer.tar', content: layer },
    { path: 'config.json', content: JSON.stringify(config) },
    {
      path: 'manifest.json',
      content: JSON.stringify([{ Config: 'config.json', RepoTags: ['bad:1'], Layers: ['layer.tar'] }]),
    },
  ]);
}
