// Archives with layers that are large enough to be unpacked while the archive is read.
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { dockerArchive, ociArchive } from '../helpers/archive.ts';
import { type Image, makeImage, makeLayer } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { noise } from '../helpers/noise.ts';
import { makeTar, type TarEntry } from '../helpers/tar.ts';
import { type Engine, startEngine } from './image.harness.ts';

const native = openNative();
const large = (word: string) => makeLayer(makeTar([{ path: word, content: noise(word, 2_000_000) }]), GZIP);
const GZIP = { family: 'docker', compression: 'gzip' } as const;
const [ONE, TWO] = [large('one'), large('two')];
const SMALL = makeLayer(makeTar([{ path: 'small', content: 'small' }]), GZIP);
/** A large layer twice, on different ones below it. */
const IMAGE = makeImage({ layers: [ONE, SMALL, TWO, ONE] });
/** The same layers in another order. */
const OTHER = makeImage({ layers: [TWO, ONE], config: { Cmd: ['other'] } });

function together(...archives: readonly TarEntry[][]): Buffer {
  return makeTar(archives.flat());
}

/** `docker save` as since 25: blobs by digest, of both images. */
function archiveOf(images: readonly (readonly [image: Image, tag: string])[]): Buffer {
  const blobs = new Map<string, Buffer>();
  for (const [image] of images) {
    blobs.set(image.config.digest, image.config.bytes());
    for (const layer of image.layers) blobs.set(layer.digest, layer.bytes());
  }
  const path = (digest: string): string => `blobs/${digest.replace(':', '/')}`;
  const manifest = images.map(([image, tag]) => ({
    Config: path(image.config.digest),
    RepoTags: [tag],
    Layers: image.layers.map(({ digest }) => path(digest)),
  }));
  return together(
    [...blobs].map(([digest, content]) => ({ path: path(digest), content })),
    [{ path: 'manifest.json', content: JSON.stringify(manifest) }],
  );
}

/** Every layer of every image gives its tar back. */
async function assertWhole(t: ExecutionContext, engine: Engine, images: readonly Image[]): Promise<void> {
  for (const image of images) {
    const chunks: Uint8Array[] = [];
    const archive = await engine.service.save({ names: [image.config.digest] }, new AbortController().signal);
    for await (const chunk of archive) chunks.push(chunk);
    t.true(Buffer.concat(chunks).length > image.layers.length * 1000);
  }
  for (const image of images) await engine.service.remove({ name: image.config.digest, force: true, prune: true });
  t.deepEqual(engine.leftovers(), []);
}

for (const driver of ['overlay', 'vfs'] as const) {
  test(`layers that several images have in other places are loaded with ${driver}`, async (t) => {
    const engine = await startEngine(t, { native, driver });
    await engine.load(
      archiveOf([
        [IMAGE, 'streamed/one:1'],
        [OTHER, 'streamed/two:1'],
      ]),
    );
    t.is(engine.images.resolve('streamed/one:1').id, IMAGE.config.digest);
    t.is(engine.images.resolve('streamed/two:1').id, OTHER.config.digest);
    await assertWhole(t, engine, [IMAGE, OTHER]);
  });
}

for (const [what, archive] of [
  ['docker save of old', dockerArchive(IMAGE, ['streamed/form:1'])],
  ['the OCI layout', ociArchive(IMAGE, ['streamed/form:1'])],
] as const) {
  test(`large layers of ${what} are loaded, and once more without harm`, async (t) => {
    const engine = await startEngine(t, { native });
    await engine.load(archive);
    await engine.load(archive);
    t.is(engine.images.resolve('streamed/form:1').id, IMAGE.config.digest);
    await assertWhole(t, engine, [IMAGE]);
  });
}

test('a large blob that is not what its name says ends the load', async (t) => {
  const engine = await startEngine(t, { native });
  const wrong = `sha256:${'0'.repeat(64)}`;
  const archive = makeTar([{ path: `blobs/sha256/${'0'.repeat(64)}`, content: ONE.bytes() }]);
  await t.throwsAsync(engine.load(archive), {
    code: 'corrupt',
    message: `invalid archive: the blob ${wrong} has another digest`,
  });
  t.deepEqual(engine.leftovers(), []);
});

test('a large file that is no layer matters only to who needs it', async (t) => {
  const engine = await startEngine(t, { native });
  const junk = gzipSync(noise('junk', 2_000_000));
  const small = makeImage({ layers: [SMALL] });
  const files = (layer: string): TarEntry[] => [
    { path: 'junk', content: junk },
    { path: 'config', content: small.config.bytes() },
    { path: 'layer', content: SMALL.bytes() },
    {
      path: 'manifest.json',
      content: JSON.stringify([{ Config: 'config', RepoTags: ['streamed/junk:1'], Layers: [layer] }]),
    },
  ];
  await t.throwsAsync(engine.load(makeTar(files('junk'))), {
    code: 'corrupt',
    message: /^failed to register layer: junk: /,
  });
  t.deepEqual(engine.leftovers(), []);
  await engine.load(makeTar(files('layer')));
  t.is(engine.images.resolve('streamed/junk:1').id, small.config.digest);
});

test('of two files with one name the last one counts', async (t) => {
  const engine = await startEngine(t, { native });
  const image = makeImage({ layers: [TWO] });
  const manifest = [{ Config: 'config', RepoTags: ['streamed/twice:1'], Layers: ['layer'] }];
  await engine.load(
    makeTar([
      { path: 'layer', content: ONE.bytes() },
      { path: 'layer', content: TWO.bytes() },
      { path: 'config', content: image.config.bytes() },
      { path: 'manifest.json', content: JSON.stringify(manifest) },
    ]),
  );
  t.is(engine.images.resolve('streamed/twice:1').id, image.config.digest);
  await assertWhole(t, engine, [image]);
});

test('a layer that is another one than the configuration says leaves nothing', async (t) => {
  const engine = await startEngine(t, { native });
  const image = makeImage({ layers: [TWO] });
  const manifest = [{ Config: 'config', RepoTags: ['streamed/other:1'], Layers: ['layer'] }];
  const archive = makeTar([
    { path: 'layer', content: ONE.bytes() },
    { path: 'config', content: image.config.bytes() },
    { path: 'manifest.json', content: JSON.stringify(manifest) },
  ]);
  await t.throwsAsync(engine.load(archive), { code: 'corrupt', message: /^invalid diffID for layer: expected / });
  t.deepEqual(engine.leftovers(), []);
});

test('a client that hangs up in the middle of a layer leaves nothing', async (t) => {
  const engine = await startEngine(t, { native });
  const controller = new AbortController();
  const archive = dockerArchive(IMAGE, ['streamed/cut:1']);
  async function* body(): AsyncGenerator<Uint8Array> {
    yield archive.subarray(0, 1_500_000);
    controller.abort();
    yield archive.subarray(1_500_000, 1_600_000);
  }
  const { signal } = controller;
  await t.throwsAsync(engine.service.load({ body: body(), quiet: true }, { emit: () => undefined, signal }), {
    code: 'cancelled',
  });
  t.deepEqual(engine.leftovers(), []);
});

test('an archive that ends in the middle of a layer leaves nothing', async (t) => {
  const engine = await startEngine(t, { native });
  const archive = dockerArchive(IMAGE, ['streamed/short:1']).subarray(0, 1_500_000);
  await t.throwsAsync(engine.load(archive), { code: 'corrupt', message: 'invalid archive: unexpected EOF' });
  t.deepEqual(engine.leftovers(), []);
});
