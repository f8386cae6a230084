// Archives of save: the same images when they are loaded again, by this engine, by skopeo and by Docker.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { dockerArchive, ociArchive } from '../helpers/archive.ts';
import { makeImage } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { ok } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { type Engine, startEngine } from './image.harness.ts';

const native = openNative();
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;
const IMAGE = makeImage({
  layers: [
    { entries: [{ path: 'a', content: 'a'.repeat(100_000) }] },
    { entries: [{ path: 'b', content: 'b' }, { path: '.wh.a' }] },
  ],
  config: { Cmd: ['b'] },
});
const SIBLING = makeImage({ layers: [IMAGE.layers[0] ?? { entries: [] }], config: { Cmd: ['sibling'] } });

async function save(engine: Engine, names: readonly string[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await engine.service.save({ names }, new AbortController().signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** An engine with IMAGE as save/test:1 and :2, SIBLING as save/other:latest. */
async function loaded(t: ExecutionContext): Promise<Engine> {
  const engine = await startEngine(t, { native });
  await engine.load(dockerArchive(IMAGE, ['save/test:1', 'save/test:2']));
  await engine.load(dockerArchive(SIBLING, ['save/other:latest']));
  return engine;
}

function members(archive: Buffer): string[] {
  return execFileSync('tar', ['-t'], { input: archive, encoding: 'utf8' })
    .split('\n')
    .filter((name) => name !== '');
}

test('several images come back under their names with the same ids', async (t) => {
  const engine = await loaded(t);
  const archive = await save(engine, ['save/test', 'save/other:latest']);
  const again = await startEngine(t, { native });
  await again.load(archive);
  t.is(again.images.resolve('save/test:1').id, IMAGE.config.digest);
  t.deepEqual(again.images.resolve('save/test:1').repoTags, ['save/test:1', 'save/test:2']);
  t.is(again.images.resolve('save/other').id, SIBLING.config.digest);
  t.deepEqual(await save(again, ['save/test', 'save/other:latest']), archive, 'the archive is the same each time');
  const blobs = members(archive).filter((name) => /^blobs\/sha256\/./.test(name));
  t.is(new Set(blobs).size, blobs.length, 'a layer that two images share is there once');
  t.is(blobs.length, 2 + 2 * 2);
  t.true(engine.events.includes(`image save ${IMAGE.config.digest}`));
});

for (const [what, name, tags] of [
  ['a tag is saved alone', 'save/test:2', ['save/test:2']],
  ['an id has no names', IMAGE.config.digest, []],
  ['a short id has no names', IMAGE.config.digest.slice(7, 19), []],
] as const) {
  test(what, async (t) => {
    const archive = await save(await loaded(t), [name]);
    const again = await startEngine(t, { native });
    await again.load(archive);
    t.deepEqual(again.images.resolve(IMAGE.config.digest).repoTags, [...tags]);
  });
}

test('what is wrong is said before the first byte', async (t) => {
  const engine = await loaded(t);
  const { signal } = new AbortController();
  await t.throwsAsync(engine.service.save({ names: ['save/none:1'] }, signal), {
    message: 'No such image: save/none:1',
  });
  await t.throwsAsync(engine.service.save({ names: [] }, signal), { code: 'invalid' });
});

test('an image that is removed while it is saved is saved whole', async (t) => {
  const engine = await loaded(t);
  const archive = await engine.service.save({ names: ['save/test:1'] }, new AbortController().signal);
  await engine.service.remove({ name: IMAGE.config.digest, force: true, prune: true });
  await engine.service.remove({ name: 'save/other', force: true, prune: true });
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  const again = await startEngine(t, { native });
  await again.load(Buffer.concat(chunks));
  t.is(again.images.resolve('save/test:1').id, IMAGE.config.digest);
  t.deepEqual(engine.leftovers(), []);
});

test('skopeo and umoci read it as an archive of Docker and as an OCI layout', async (t) => {
  const directory = tempdir(t, 'saved');
  const path = join(directory, 'saved.tar');
  const archive = await save(await loaded(t), ['save/test:1']);
  writeFileSync(path, archive);
  const layout = join(directory, 'layout');
  mkdirSync(layout);
  execFileSync('tar', ['-xC', layout], { input: archive });
  for (const source of [`docker-archive:${path}:save/test:1`, `oci:${layout}:1`]) {
    const config = await ok(['skopeo', 'inspect', '--config', '--raw', source]);
    t.deepEqual(Buffer.from(config.trim()), IMAGE.config.bytes());
    await ok(['skopeo', 'copy', '--insecure-policy', source, `dir:${join(directory, 'copy')}`]);
  }
  await ok(['umoci', 'unpack', '--image', `${layout}:1`, join(directory, 'bundle')]);
  t.deepEqual(readdirSync(join(directory, 'bundle/rootfs')), ['b'], 'the whiteout took a away');
});

test('an image is saved, pushed, inspected and loaded for its own platform only', async (t) => {
  const engine = await loaded(t);
  const { signal } = new AbortController();
  const other = { platform: 'linux/s390x' };
  const refusal = {
    code: 'not_found',
    message: `image with reference save/test:1 was found but its platform (linux/${ARCHITECTURE}) does not match the specified platform (linux/s390x)`,
  };
  await t.throwsAsync(engine.service.save({ names: ['save/test:1'], ...other }, signal), refusal);
  const push = { name: 'save/test', tag: '1', auth: undefined, ...other };
  await t.throwsAsync(engine.service.push(push, { emit: () => undefined, signal }), refusal);
  t.throws(() => engine.service.inspect('save/test:1', 'linux/s390x'), refusal);
  t.notThrows(() => engine.service.inspect('save/test:1', `linux/${ARCHITECTURE}`));

  const foreign = makeImage({
    layers: [{ entries: [{ path: 'z' }] }],
    platform: { os: 'linux', architecture: 's390x' },
  });
  const archive = ociArchive(foreign, ['save/foreign:1']);
  async function* body(): AsyncGenerator<Uint8Array> {
    yield archive;
  }
  const load = (platform: string) =>
    engine.service.load({ body: body(), quiet: true, platform }, { emit: () => undefined, signal });
  await t.throwsAsync(load('linux/amd64'), {
    code: 'not_found',
    message: 'the archive holds no image for the specified platform (linux/amd64)',
  });
  await load('linux/s390x');
  t.is(engine.images.resolve('save/foreign:1').id, foreign.config.digest);
});
