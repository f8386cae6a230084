// Pulls from a real registry into real layers: every form an image comes in. pull-faults.test.ts has what goes wrong.
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ProgressMessage } from '../../src/types/image.ts';
import { busyboxImage } from '../helpers/busybox.ts';
import { type Image, type ImageOptions, makeImage, makeIndex } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { pushImage, pushIndex } from '../helpers/push.ts';
import { type Registry, startRegistry } from '../helpers/registry.ts';
import { type Engine, startEngine } from './image.harness.ts';

const suite = suiteOwner(test);
const native = openNative();
let registry: Registry;

test.before(async () => {
  registry = await startRegistry(suite);
});

/** Two layers of which the second replaces, adds and deletes. */
const LAYERS: ImageOptions['layers'] = [
  {
    entries: [
      { path: 'etc/', type: 'directory' },
      { path: 'etc/kept', content: 'kept' },
      { path: 'etc/gone', content: 'gone' },
    ],
  },
  {
    entries: [
      { path: 'etc/', type: 'directory' },
      { path: 'etc/.wh.gone' },
      { path: 'bin/', type: 'directory' },
      { path: 'bin/su', content: 'su', mode: 0o4755 },
    ],
  },
];

async function push(image: Image, name: string, tag = 'latest'): Promise<string> {
  return pushImage(image, { url: registry.url, name, tag });
}

function statuses(messages: readonly ProgressMessage[]): string[] {
  return messages.map(({ status = '' }) => status);
}

/** The tree of an image, through a container's layer; the test reads below `path`. */
async function withTree(engine: Engine, name: string, read: (path: string) => void): Promise<void> {
  const { chainId } = engine.images.resolve(name);
  const id = `${'c'.repeat(63)}${Math.floor(Math.random() * 10)}`;
  await engine.layers.createContainerLayer(id, chainId);
  const mounted = await engine.layers.mountContainer(id);
  try {
    read(mounted.path);
  } finally {
    await mounted.release();
    await engine.layers.removeContainerLayer(id);
  }
}

for (const mediaTypes of ['docker', 'oci'] as const) {
  for (const compression of ['gzip', 'zstd', 'none'] as const) {
    test(`an image of ${mediaTypes} types with layers of compression ${compression} is pulled`, async (t) => {
      const engine = await startEngine(t, { native });
      const name = `forms/${mediaTypes}-${compression}`;
      const image = makeImage({ layers: LAYERS, mediaTypes, compression, config: { Cmd: ['sh'] } });
      const digest = await push(image, name);
      const messages = await engine.pull(`${registry.host}/${name}`, { tag: 'latest' });
      t.deepEqual(statuses(messages).slice(-2), [
        `Digest: ${digest}`,
        `Status: Downloaded newer image for ${registry.host}/${name}:latest`,
      ]);
      const found = engine.images.resolve(`${registry.host}/${name}`);
      t.is(found.id, image.config.digest);
      t.deepEqual(found.repoDigests, [`${registry.host}/${name}@${digest}`]);
      await withTree(engine, found.id, (root) => {
        t.is(readFileSync(join(root, 'etc/kept'), 'utf8'), 'kept');
        t.false(existsSync(join(root, 'etc/gone')));
        t.is(lstatSync(join(root, 'bin/su')).mode & 0o7777, 0o4755);
      });
    });
  }
}

test('vfs gets the same tree', async (t) => {
  const engine = await startEngine(t, { native, driver: 'vfs' });
  await push(makeImage({ layers: LAYERS }), 'vfs');
  await engine.pull(`${registry.host}/vfs`, { tag: 'latest' });
  await withTree(engine, `${registry.host}/vfs`, (root) => {
    t.is(readFileSync(join(root, 'etc/kept'), 'utf8'), 'kept');
    t.false(existsSync(join(root, 'etc/gone')));
  });
});

test('the messages of a layer come in Docker’s order', async (t) => {
  const engine = await startEngine(t, { native });
  await push(makeImage({ layers: LAYERS.slice(0, 1), config: { User: 'order' } }), 'order');
  const messages = await engine.pull(`${registry.host}/order`, { tag: 'latest' });
  t.deepEqual(messages[0], { status: 'Pulling from order', id: 'latest' });
  const id = messages[1]?.id ?? '';
  t.regex(id, /^[0-9a-f]{12}$/);
  t.deepEqual(
    messages.filter((message) => message.id === id).map(({ status }) => status),
    ['Pulling fs layer', 'Downloading', 'Verifying Checksum', 'Download complete', 'Extracting', 'Pull complete'],
  );
  t.deepEqual(messages[1]?.progressDetail, {});
  t.deepEqual(engine.events, [`image pull ${registry.host}/order:latest`]);
});

test('a second pull says that the image is up to date and fetches nothing', async (t) => {
  const engine = await startEngine(t, { native });
  await push(makeImage({ layers: LAYERS, config: { User: 'again' } }), 'again');
  await engine.pull(`${registry.host}/again`, { tag: 'latest' });
  const messages = await engine.pull(`${registry.host}/again`, { tag: 'latest' });
  t.is(messages.length, 3);
  t.is(messages[2]?.status, `Status: Image is up to date for ${registry.host}/again:latest`);
});

test('layers of another image are not fetched again', async (t) => {
  const engine = await startEngine(t, { native });
  await push(makeImage({ layers: LAYERS.slice(0, 1), config: { User: 'shared-1' } }), 'shared', '1');
  await push(makeImage({ layers: LAYERS, config: { User: 'shared-2' } }), 'shared', '2');
  await engine.pull(`${registry.host}/shared`, { tag: '1' });
  const messages = await engine.pull(`${registry.host}/shared`, { tag: '2' });
  t.is(statuses(messages).filter((status) => status === 'Already exists').length, 1);
  t.is(statuses(messages).filter((status) => status === 'Pull complete').length, 1);
});

test('a tag that moved gives the new image its name, and the old one keeps its digest', async (t) => {
  const engine = await startEngine(t, { native });
  const first = await push(makeImage({ layers: LAYERS.slice(0, 1), config: { User: 'moved-1' } }), 'moved');
  await engine.pull(`${registry.host}/moved`, { tag: 'latest' });
  const old = engine.images.resolve(`${registry.host}/moved`);
  await push(makeImage({ layers: LAYERS, config: { User: 'moved-2' } }), 'moved');
  const messages = await engine.pull(`${registry.host}/moved`, { tag: 'latest' });
  t.regex(messages.at(-1)?.status ?? '', /Downloaded newer image/);
  t.not(engine.images.resolve(`${registry.host}/moved`).id, old.id);
  t.deepEqual(engine.images.get(old.id)?.repoTags, []);
  t.is(engine.images.resolve(`${registry.host}/moved@${first}`).id, old.id);
});

test('an image is pulled by digest, and has no tag', async (t) => {
  const engine = await startEngine(t, { native });
  const digest = await push(makeImage({ layers: LAYERS, config: { User: 'digest' } }), 'by-digest');
  const messages = await engine.pull(`${registry.host}/by-digest`, { tag: digest });
  t.is(messages.at(-1)?.status, `Status: Downloaded newer image for ${registry.host}/by-digest@${digest}`);
  const image = engine.images.resolve(`${registry.host}/by-digest@${digest}`);
  t.deepEqual([image.repoTags, image.repoDigests.length], [[], 1]);
});

for (const family of ['docker', 'oci'] as const) {
  test(`of a ${family} index the image of the platform is taken`, async (t) => {
    const engine = await startEngine(t, { native });
    const [amd64, arm64] = ['amd64', 'arm64'].map((architecture) =>
      makeImage({
        layers: [{ entries: [{ path: 'arch', content: `${family} ${architecture}` }] }],
        mediaTypes: family,
        platform: { os: 'linux', architecture },
      }),
    );
    if (amd64 === undefined || arm64 === undefined) throw new Error('two images were made');
    const name = `index-${family}`;
    const index = makeIndex([arm64, amd64], family);
    const digest = await pushIndex(index, [arm64, amd64], { url: registry.url, name, tag: 'latest' });
    const messages = await engine.pull(`${registry.host}/${name}`, { tag: 'latest' });
    t.true(statuses(messages).includes(`Digest: ${digest}`), 'the digest is the index’s');
    t.is(engine.images.resolve(`${registry.host}/${name}`).config.architecture, 'amd64');
    await engine.pull(`${registry.host}/${name}`, { tag: 'latest', platform: 'linux/arm64' });
    t.is(engine.images.resolve(`${registry.host}/${name}`).config.architecture, 'arm64');
    await t.throwsAsync(engine.pull(`${registry.host}/${name}`, { tag: 'latest', platform: 'linux/s390x' }), {
      code: 'not_found',
      message: 'no matching manifest for linux/s390x in the manifest list entries',
    });
  });
}

test('an image of another platform than the one asked for is refused', async (t) => {
  const engine = await startEngine(t, { native });
  await push(makeImage({ layers: LAYERS, config: { User: 'platform' } }), 'platform');
  await t.throwsAsync(engine.pull(`${registry.host}/platform`, { tag: 'latest', platform: 'linux/arm64' }), {
    code: 'not_found',
    message: /does not match the specified platform \(linux\/arm64\)/,
  });
});

test('two pulls at once share their layers', async (t) => {
  const engine = await startEngine(t, { native });
  const big = { entries: [{ path: 'big', content: Buffer.alloc(3_000_000, 'twice') }] };
  await push(makeImage({ layers: [big], compression: 'none', config: { User: 'twice-1' } }), 'twice', '1');
  await push(makeImage({ layers: [big], compression: 'none', config: { User: 'twice-2' } }), 'twice', '2');
  const results = await Promise.all(['1', '2', '1'].map((tag) => engine.pull(`${registry.host}/twice`, { tag })));
  for (const messages of results) t.regex(messages.at(-1)?.status ?? '', /^Status: /);
  const blobs = engine.db.prepare('SELECT count(*) AS n FROM blobs').get() as { n: number };
  t.is(blobs.n, 1);
  t.is(engine.leftovers().filter((path) => /\//.test(path) || /^[0-9a-f]{64}$/.test(path)).length, 1);
});

test('an image of many layers is pulled, and removed without a trace', async (t) => {
  const engine = await startEngine(t, { native });
  const layers = Array.from({ length: 60 }, (_, index) => ({
    entries: [{ path: `file-${index}`, content: String(index) }],
  }));
  await push(makeImage({ layers }), 'many');
  await engine.pull(`${registry.host}/many`, { tag: 'latest' });
  await withTree(engine, `${registry.host}/many`, (root) => {
    for (const index of [0, 30, 59]) t.is(readFileSync(join(root, `file-${index}`), 'utf8'), String(index));
  });
  const items = await engine.service.remove({ name: `${registry.host}/many`, force: false, prune: true });
  t.is(items.filter((item) => 'Deleted' in item).length, 61);
  t.deepEqual(engine.leftovers(), []);
});

test('a bare name pulls every tag', async (t) => {
  const engine = await startEngine(t, { native });
  for (const tag of ['a', 'b', 'c']) await push(makeImage({ layers: LAYERS, config: { User: tag } }), 'all', tag);
  await engine.pull(`${registry.host}/all`);
  t.is(engine.images.list().length, 3);
});

test('a mirror answers for Docker Hub, and what it lacks is an error of the hub', async (t) => {
  await push(await busyboxImage(), 'library/busybox');
  const config = { mirrors: [registry.url] };
  const engine = await startEngine(t, { native, config });
  const messages = await engine.pull('busybox', { tag: 'latest' });
  t.is(messages.at(-1)?.status, 'Status: Downloaded newer image for busybox:latest');
  t.deepEqual(engine.images.resolve('busybox').repoTags, ['busybox:latest']);
});

test('tsker/busybox comes out of the executable, without a network', async (t) => {
  const engine = await startEngine(t, { native });
  const messages = await engine.pull('tsker/busybox', { tag: 'latest' });
  t.is(messages.at(-1)?.status, 'Status: Downloaded newer image for tsker/busybox:latest');
  const image = engine.images.resolve('tsker/busybox');
  t.deepEqual(image.config.config?.Cmd, ['sh']);
  const again = await engine.pull('tsker/busybox', { tag: 'latest' });
  t.is(again.at(-1)?.status, 'Status: Image is up to date for tsker/busybox:latest');
  const digest = image.repoDigests[0]?.split('@')[1] ?? '';
  await engine.pull('tsker/busybox', { tag: digest });
  await withTree(engine, 'tsker/busybox', (root) => {
    t.true(lstatSync(join(root, 'bin/sh')).nlink > 100);
    t.is(lstatSync(join(root, 'tmp')).mode & 0o7777, 0o1777);
    t.regex(readFileSync(join(root, 'etc/passwd'), 'utf8'), /^root:x:0:0/);
  });
});

for (const [what, name, tag, message] of [
  [
    'an unknown repository',
    'nope',
    'latest',
    /^manifest for .*\/nope:latest not found: manifest unknown: manifest unknown$/,
  ],
  ['an unknown digest', 'order', `sha256:${'0'.repeat(64)}`, /not found: manifest unknown/],
] as const) {
  test(`${what} is not found, before the first message`, async (t) => {
    const engine = await startEngine(t, { native });
    let heard = 0;
    const pulled = engine.pull(`${registry.host}/${name}`, { tag, onMessage: () => void heard++ });
    await t.throwsAsync(pulled, { code: 'not_found', message });
    t.is(heard, 0);
  });
}

test('a registry that is not there is unavailable', async (t) => {
  const engine = await startEngine(t, { native });
  await t.throwsAsync(engine.pull('127.0.0.1:1/x', { tag: 'latest' }), {
    code: 'unavailable',
    message: 'Get "http://127.0.0.1:1/v2/x/manifests/latest": dial tcp 127.0.0.1:1: connect: connection refused',
  });
});
