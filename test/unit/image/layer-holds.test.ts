import test from 'ava';
import { imageEngine } from './engine.ts';

test('a chain that is held is released at the end of the last hold', async (t) => {
  const { layers, holds } = imageEngine();
  const base = await layers.add('base', undefined);
  const top = await layers.add('top', base.chainId);
  const first = holds.hold([base.chainId]);
  const second = holds.hold([base.chainId]);
  await holds.release(top.chainId);
  t.is(layers.all().length, 2, 'the base is held, so nothing above it goes either');
  await first.end();
  await first.end();
  t.is(layers.all().length, 2);
  await second.end();
  t.deepEqual(layers.all(), []);
});

test('a chain that nobody holds is released at once', async (t) => {
  const { layers, holds } = imageEngine();
  const base = await layers.add('base', undefined);
  const other = holds.hold(['sha256:other']);
  await holds.release(base.chainId);
  t.deepEqual(layers.all(), []);
  await other.end();
});
