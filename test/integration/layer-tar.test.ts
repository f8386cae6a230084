// A layer comes out of the store as it went in, byte for byte. Needs root.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { streamLayer } from '../../src/image/layer-stream.ts';
import type { DriverLayerStore } from '../../src/layer/store.ts';
import type { Layer, WrittenTar } from '../../src/layer/store.types.ts';
import { openNative } from '../helpers/native.ts';
import { makeTar } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { startEngine } from './image.harness.ts';

const native = openNative();
const signal = new AbortController().signal;

async function store(layers: DriverLayerStore, archive: Uint8Array, directory: string): Promise<Layer> {
  const path = join(directory, 'archive');
  writeFileSync(path, archive);
  const staged = await layers.stage({ fd: native.open(path, 0), parent: Promise.resolve(undefined) });
  return await staged.commit(undefined);
}

async function read(
  layers: DriverLayerStore,
  { chainId }: Layer,
  gzip: boolean,
): Promise<WrittenTar & { all: Buffer }> {
  const chunks: Uint8Array[] = [];
  const stream = streamLayer({ layers, native, chainId, gzip, signal });
  for (;;) {
    const next = await stream.next();
    if (next.done === true) return { ...next.value, all: Buffer.concat(chunks) };
    chunks.push(next.value);
  }
}

const MEMBERS = makeTar([
  { path: './', type: 'directory' },
  { path: 'usr/lib/', type: 'directory' },
  { path: 'lib', type: 'symlink', target: 'usr/lib' },
  { path: 'lib/through-a-link', content: 'x'.repeat(70_000) },
  { path: 'usr/empty', content: '' },
  { path: 'usr/hard', type: 'link', target: 'usr/lib/through-a-link' },
  { path: 'usr/.wh.gone' },
  { path: 'opaque/.wh..wh..opq' },
  { path: '.wh..wh.plnk/1.2', content: 'skipped' },
  { path: `long/${'n'.repeat(200)}`, content: 'long name', long: 'gnu' },
  { path: `long/${'p'.repeat(200)}`, content: 'long name', long: 'pax', mtime: 1_700_000_000.25 },
  { path: 'owned', content: 'o'.repeat(513), uid: 3_000_000, mode: 0o4755, xattrs: { 'user.a': 'b' } },
  { path: 'null', type: 'character', major: 1, minor: 3 },
]);

function fromGnuTar(t: ExecutionContext, format: string): Buffer {
  const directory = tempdir(t, 'tree');
  writeFileSync(join(directory, 'small'), 'small');
  writeFileSync(join(directory, 'sparse'), 'begin');
  truncateSync(join(directory, 'sparse'), 5_000_000);
  return execFileSync('tar', ['-C', directory, '-cS', '--format', format, '.']);
}

const ARCHIVES: readonly (readonly [string, (t: ExecutionContext) => Uint8Array])[] = [
  ['with every kind of member', () => MEMBERS],
  ['in gzip', () => gzipSync(MEMBERS)],
  ['in zstd', () => zstdCompressSync(MEMBERS)],
  ['with bytes behind its end', () => Buffer.concat([MEMBERS, Buffer.alloc(9000, 'rest')])],
  ['without its end', () => makeTar([{ path: 'a', content: 'a'.repeat(600) }]).subarray(0, -1024)],
  ['that is empty', () => makeTar([])],
  ['of GNU tar with holes', (t) => fromGnuTar(t, 'gnu')],
  ['of GNU tar with holes in pax', (t) => fromGnuTar(t, 'pax')],
];

for (const driver of ['overlay', 'vfs'] as const) {
  for (const [what, make] of ARCHIVES) {
    test(`${driver} gives back an archive ${what}`, async (t) => {
      const { layers } = await startEngine(t, { native, driver });
      const layer = await store(layers, make(t), tempdir(t, 'archive'));
      const plain = await read(layers, layer, false);
      t.is(plain.digest, layer.diffId);
      t.is(`sha256:${createHash('sha256').update(plain.all).digest('hex')}`, layer.diffId);
      t.is(await layers.tarSize(layer.chainId), plain.all.length);
      const gzip = await read(layers, layer, true);
      t.deepEqual(gunzipSync(gzip.all), plain.all);
      t.is(gzip.digest, `sha256:${createHash('sha256').update(gzip.all).digest('hex')}`);
      t.is(gzip.bytes, gzip.all.length);
    });
  }

  test(`${driver}: an archive with a file twice is unpacked, and refused when it is asked for`, async (t) => {
    const { layers } = await startEngine(t, { native, driver });
    const archive = makeTar([
      { path: 'twice', content: 'first' },
      { path: 'twice', content: 'second' },
    ]);
    const layer = await store(layers, archive, tempdir(t, 'archive'));
    await t.throwsAsync(read(layers, layer, false), { message: /twice/ });
    await t.throwsAsync(layers.tarSize(layer.chainId), { message: /twice/ });
  });
}

test('a layer whose files were changed is not given out as what it was', async (t) => {
  const { layers, root } = await startEngine(t, { native });
  const layer = await store(layers, MEMBERS, tempdir(t, 'archive'));
  await using file = await open(join(root, 'overlay', layer.cacheId, 'diff/owned'), 'r+');
  await file.write('changed', 0);
  await t.throwsAsync(read(layers, layer, false), { code: 'corrupt', message: /is not what it was/ });
});

test('a consumer that stops ends the writer', async (t) => {
  const { layers } = await startEngine(t, { native });
  const layer = await store(
    layers,
    makeTar([{ path: 'big', content: Buffer.alloc(8_000_000, 1) }]),
    tempdir(t, 'archive'),
  );
  const before = readdirSync('/proc/self/fd').length;
  for await (const _chunk of streamLayer({ layers, native, chainId: layer.chainId, signal })) break;
  const cancel = new AbortController();
  cancel.abort();
  const late = streamLayer({ layers, native, chainId: layer.chainId, signal: cancel.signal });
  await t.throwsAsync(late.next(), { code: 'cancelled' });
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.true(readdirSync('/proc/self/fd').length <= before);
});
