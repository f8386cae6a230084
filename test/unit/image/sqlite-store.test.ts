import test from 'ava';
import { addImage, hash, imageEngine } from './engine.ts';

const DIGEST = hash('manifest');

test('an image is found by id, by prefix, by name and by digest', async (t) => {
  const engine = imageEngine();
  const image = await addImage(engine, { layers: ['a'], names: ['busybox', `busybox@${DIGEST}`] });
  const hex = image.id.slice('sha256:'.length);
  for (const name of [
    image.id,
    hex,
    hex.slice(0, 12),
    hex.slice(0, 3),
    `sha256:${hex.slice(0, 12)}`,
    'busybox',
    'busybox:latest',
    'library/busybox',
    'docker.io/library/busybox:latest',
    `busybox@${DIGEST}`,
    `busybox:other@${DIGEST}`,
  ]) {
    t.is(engine.images.resolve(name).id, image.id, name);
  }
  t.deepEqual(image.repoTags, ['busybox:latest']);
  t.deepEqual(image.repoDigests, [`busybox@${DIGEST}`]);
});

for (const [name, message] of [
  ['nope', 'No such image: nope:latest'],
  ['nope:1', 'No such image: nope:1'],
  ['127.0.0.1:5000/a/b', 'No such image: 127.0.0.1:5000/a/b:latest'],
  [hash('x'), `No such image: ${hash('x')}`],
  [hash('x').slice(7), `No such image: ${hash('x')}`],
  [`nope@${DIGEST}`, `No such image: nope@${DIGEST}`],
  ['fedcba', 'No such image: fedcba:latest'],
] as const) {
  test(`${name.slice(0, 30)} (${name.length}) is unknown: ${message.slice(0, 40)}`, (t) => {
    t.throws(() => imageEngine().images.resolve(name), { code: 'not_found', message });
  });
}

test('a malformed name is invalid, not unknown', (t) => {
  t.throws(() => imageEngine().images.resolve('a b'), { code: 'invalid', message: 'invalid reference format' });
});

test('a prefix of two ids is ambiguous, and says so', async (t) => {
  const engine = imageEngine();
  const byFirst = new Map<string, string>();
  for (let index = 0; index < 17; index += 1) {
    const { id } = await addImage(engine, { layers: [`layer ${index}`] });
    const first = id.charAt(7);
    if (byFirst.has(first)) {
      t.throws(() => engine.images.resolve(first), {
        code: 'invalid',
        message: /^Multiple IDs found with provided prefix/,
      });
      return;
    }
    byFirst.set(first, id);
  }
  t.fail('seventeen ids begin with more than sixteen characters');
});

test('a name is preferred to an id that begins like it', async (t) => {
  const engine = imageEngine();
  const first = await addImage(engine, { layers: ['a'] });
  const prefix = first.id.slice(7, 15);
  const second = await addImage(engine, { layers: ['b'], names: [prefix] });
  t.is(engine.images.resolve(prefix).id, second.id);
});

test('a name moves to the image that gets it last, and the old image stays', async (t) => {
  const engine = imageEngine();
  const first = await addImage(engine, { layers: ['a'], names: ['busybox'] });
  const second = await addImage(engine, { layers: ['b'], names: ['busybox'] });
  t.is(engine.images.resolve('busybox').id, second.id);
  t.deepEqual(engine.images.get(first.id)?.repoTags, []);
  await engine.images.tag(first.id, 'busybox:old');
  t.deepEqual(engine.images.get(first.id)?.repoTags, ['busybox:old']);
  engine.images.untag('busybox:old');
  t.throws(() => engine.images.untag('busybox:old'), { code: 'not_found' });
  await t.throwsAsync(() => engine.images.tag(hash('x'), 'busybox:x'), { code: 'not_found' });
});

test('an image whose layers are missing is not stored, nor its names', async (t) => {
  const engine = imageEngine();
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [hash('missing')] } };
  await t.throwsAsync(() => engine.images.put(Buffer.from(JSON.stringify(config)), ['busybox']));
  t.deepEqual(engine.images.list(), []);
  t.throws(() => engine.images.resolve('busybox'), { code: 'not_found' });
});

test('a removed image takes its names and its own layers with it, not those of others', async (t) => {
  const engine = imageEngine();
  const first = await addImage(engine, { layers: ['base', 'a'], names: ['a'] });
  await addImage(engine, { layers: ['base', 'b'], names: ['b'] });
  await engine.images.remove(first.id);
  t.throws(() => engine.images.resolve('a'), { code: 'not_found' });
  t.deepEqual(
    engine.layers.all().map(({ diffId }) => diffId),
    [hash('base'), hash('b')],
  );
});

test('an image without layers has no chain', async (t) => {
  const engine = imageEngine();
  const image = await addImage(engine, { layers: [], names: ['empty'] });
  t.is(image.chainId, undefined);
  await engine.images.remove(image.id);
  t.deepEqual(engine.images.list(), []);
});
