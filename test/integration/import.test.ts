// Tars of root file systems become images.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import type { ProgressMessage } from '../../src/types/image.ts';
import { digestOf } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { makeTar } from '../helpers/tar.ts';
import { type Engine, startEngine } from './image.harness.ts';

const native = openNative();
const TREE = makeTar([
  { path: 'etc/', type: 'directory' },
  { path: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\n' },
  { path: 'big', content: Buffer.alloc(2_000_000, 'big') },
]);

interface Facts {
  readonly source?: string;
  readonly body?: Buffer;
  readonly name?: string;
  readonly tag?: string;
  readonly message?: string;
  readonly changes?: readonly string[];
  readonly platform?: string;
}

async function importTree(engine: Engine, facts: Facts): Promise<ProgressMessage[]> {
  const messages: ProgressMessage[] = [];
  async function* body(): AsyncGenerator<Uint8Array> {
    const bytes = facts.body ?? TREE;
    for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
  }
  await engine.service.importImage(
    {
      source: facts.source ?? '-',
      body: body(),
      name: facts.name,
      tag: facts.tag,
      message: facts.message,
      changes: facts.changes ?? [],
      platform: facts.platform,
    },
    { emit: (message) => void messages.push(message), signal: new AbortController().signal },
  );
  return messages;
}

for (const [what, body] of [
  ['a plain tar', TREE],
  ['a gzipped tar', gzipSync(TREE)],
  ['a tar with zstd', zstdCompressSync(TREE)],
] as const) {
  test(`${what} becomes an image of one layer`, async (t) => {
    const engine = await startEngine(t, { native });
    const messages = await importTree(engine, { body, name: 'imported', tag: 'one' });
    const image = engine.images.resolve('imported:one');
    t.deepEqual(messages, [{ status: image.id }]);
    t.deepEqual(image.config.rootfs.diff_ids, [digestOf(TREE)]);
    t.is(image.config.history?.[0]?.comment, 'Imported from -');
    t.deepEqual(engine.events, [`image import ${image.id}`]);
  });
}

test('changes, message and platform are taken', async (t) => {
  const engine = await startEngine(t, { native });
  await importTree(engine, {
    name: 'imported',
    changes: ['CMD ["sh"]', 'ENV A=b', 'LABEL c=d', 'WORKDIR /etc'],
    message: 'by hand',
    platform: 'linux/arm64',
  });
  const { config } = engine.images.resolve('imported:latest');
  t.deepEqual(config.config as object, { Cmd: ['sh'], Env: ['A=b'], Labels: { c: 'd' }, WorkingDir: '/etc' });
  t.is(config.comment, 'by hand');
  t.is(config.architecture, 'arm64');
});

test('an image without a name is imported too', async (t) => {
  const engine = await startEngine(t, { native });
  const [last] = await importTree(engine, {});
  t.is(engine.images.resolve(last?.status ?? '').repoTags.length, 0);
});

test('the tar may come from an address', async (t) => {
  const { address } = await serveTree(t);
  const engine = await startEngine(t, { native });
  const messages = await importTree(engine, { source: `${address}/tree.tar`, name: 'fetched' });
  t.is(messages[0]?.status, `Downloading from ${address}/tree.tar`);
  t.deepEqual(engine.images.resolve('fetched').config.rootfs.diff_ids, [digestOf(TREE)]);
  await t.throwsAsync(importTree(engine, { source: `${address}/missing` }), { message: /with status 404/ });
  await t.throwsAsync(importTree(engine, { source: 'file:///etc/passwd' }), { code: 'invalid' });
});

for (const [what, facts, code] of [
  ['a wrong change', { changes: ['RUN x'] }, 'invalid'],
  ['a wrong name', { name: 'UPPER' }, 'invalid'],
  ['a digest for a tag', { name: 'x', tag: `sha256:${'0'.repeat(64)}` }, 'invalid'],
  ['a wrong platform', { platform: 'a b' }, 'invalid'],
  ['no tar', { body: Buffer.from('no tar at all'.repeat(100)) }, 'corrupt'],
  ['a tar that escapes', { body: makeTar([{ path: '../x', content: 'x' }]) }, 'corrupt'],
  ['a tar that is cut', { body: TREE.subarray(0, 100_000) }, 'corrupt'],
] as const) {
  test(`${what} is refused and leaves nothing`, async (t) => {
    const engine = await startEngine(t, { native });
    const error = await t.throwsAsync(importTree(engine, facts), { code });
    t.log(error?.message);
    t.deepEqual(engine.leftovers(), []);
  });
}

async function serveTree(t: ExecutionContext): Promise<{ address: string }> {
  const server = createServer((request, response) => {
    if (request.url === '/tree.tar') response.end(TREE);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => void server.close().closeAllConnections());
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
