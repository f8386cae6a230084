import test from 'ava';
import { removeImage } from '../../../src/image/remove.ts';
import type { ImageDeleteItem } from '../../../src/types/image.ts';
import { addContainer, addImage, hash, type ImageEngine, imageEngine } from './engine.ts';

const DIGEST = hash('manifest');
const ID = 'c0ffee'.repeat(10);

function remove(
  engine: ImageEngine,
  name: string,
  options: { force?: boolean; prune?: boolean } = {},
): Promise<ImageDeleteItem[]> {
  const request = { name, force: options.force ?? false, prune: options.prune ?? true };
  return removeImage(request, { ...engine, usesOf: (id) => engine.uses.of(id) });
}

test('the only name of an image takes the image with it', async (t) => {
  const engine = imageEngine();
  const image = await addImage(engine, { layers: ['a', 'b'], names: ['busybox', `busybox@${DIGEST}`] });
  const items = await remove(engine, 'busybox');
  t.deepEqual(items, [
    { Untagged: 'busybox:latest' },
    { Untagged: `busybox@${DIGEST}` },
    { Deleted: image.id },
    ...[image.chainId, hash('a')].map((id) => ({ Deleted: id ?? '' })),
  ]);
  t.deepEqual(engine.published, [`untag ${image.id}`, `untag ${image.id}`, `delete ${image.id}`]);
  t.deepEqual(engine.layers.all(), []);
});

test('one of several names is only untagged', async (t) => {
  const engine = imageEngine();
  await addImage(engine, { layers: ['a'], names: ['busybox', 'other:1'] });
  t.deepEqual(await remove(engine, 'busybox'), [{ Untagged: 'busybox:latest' }]);
  t.is(engine.images.list().length, 1);
});

test('an id with names in several repositories must be forced', async (t) => {
  const engine = imageEngine();
  const image = await addImage(engine, { layers: ['a'], names: ['busybox', 'other:1'] });
  const short = image.id.slice(7, 19);
  await t.throwsAsync(remove(engine, short), {
    code: 'conflict',
    message: `conflict: unable to delete ${short} (must be forced) - image is referenced in multiple repositories`,
  });
  const items = await remove(engine, short, { force: true });
  t.deepEqual(items.slice(0, 3), [{ Untagged: 'busybox:latest' }, { Untagged: 'other:1' }, { Deleted: image.id }]);
});

test('an id with one tag is removed with it', async (t) => {
  const engine = imageEngine();
  const image = await addImage(engine, { layers: ['a'], names: ['busybox', `busybox@${DIGEST}`] });
  t.is((await remove(engine, image.id)).length, 4);
});

test('the last name of an image that a container uses must be forced', async (t) => {
  const engine = imageEngine();
  const image = await addImage(engine, { layers: ['a'], names: ['busybox'] });
  addContainer(engine, { id: ID, imageId: image.id, state: 'exited' });
  const short = image.id.slice(7, 19);
  await t.throwsAsync(remove(engine, 'busybox'), {
    code: 'conflict',
    message: `conflict: unable to remove repository reference "busybox" (must force) - container ${ID.slice(0, 12)} is using its referenced image ${short}`,
  });
  await t.throwsAsync(remove(engine, short), {
    message: `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container ${ID.slice(0, 12)}`,
  });
  t.is(engine.images.list()[0]?.repoTags.length, 1, 'a refusal changes nothing');
  t.is((await remove(engine, short, { force: true })).length, 3);
});

for (const state of ['running', 'paused', 'restarting']) {
  test(`an image of a ${state} container cannot be removed by force`, async (t) => {
    const engine = imageEngine();
    const image = await addImage(engine, { layers: ['a'], names: ['busybox'] });
    addContainer(engine, { id: ID, imageId: image.id, state });
    const short = image.id.slice(7, 19);
    await t.throwsAsync(remove(engine, short, { force: true }), {
      code: 'conflict',
      message: `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container ${ID.slice(0, 12)}`,
    });
  });
}

test('a parent loses its last name, and stays for its children without a word', async (t) => {
  const engine = imageEngine();
  const parent = await addImage(engine, { layers: ['a'], names: ['parent'] });
  const child = await addImage(engine, { layers: ['a', 'b'], names: ['child'] });
  engine.db.prepare('UPDATE images SET parent = ? WHERE id = ?').run(parent.id, child.id);
  t.deepEqual(await remove(engine, 'parent'), [{ Untagged: 'parent:latest' }]);
  t.is(engine.images.get(parent.id)?.id, parent.id);
  const items = await remove(engine, 'child');
  t.true(
    items.some((item) => 'Deleted' in item && item.Deleted === parent.id),
    'nameless, it goes with its last child',
  );
});

test('a parent cannot be removed before its children, and goes with the last one unless noprune', async (t) => {
  for (const prune of [true, false]) {
    const engine = imageEngine();
    const parent = await addImage(engine, { layers: ['a'] });
    const child = await addImage(engine, { layers: ['a', 'b'], names: ['child'] });
    engine.db.prepare('UPDATE images SET parent = ? WHERE id = ?').run(parent.id, child.id);
    await t.throwsAsync(remove(engine, parent.id, { force: true }), {
      message: /\(cannot be forced\) - image has dependent child images$/,
    });
    const items = await remove(engine, 'child', { prune });
    t.is(
      items.some((item) => 'Deleted' in item && item.Deleted === parent.id),
      prune,
    );
  }
});

test('an unknown image is not found', async (t) => {
  await t.throwsAsync(remove(imageEngine(), 'nope'), { code: 'not_found', message: 'No such image: nope:latest' });
});
