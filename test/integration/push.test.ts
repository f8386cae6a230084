// Pushes to the real registry, and what skopeo and this engine find there afterwards.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { dockerArchive } from '../helpers/archive.ts';
import { digestOf, type Image, makeImage } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { noise } from '../helpers/noise.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { pushBlob, pushImage } from '../helpers/push.ts';
import { type Registry, startRegistry } from '../helpers/registry.ts';
import { ok } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { startFaultyRegistry } from './faulty-registry.ts';
import { startEngine } from './image.harness.ts';

const suite = suiteOwner(test);
const native = openNative();
let registry: Registry;

test.before(async () => {
  registry = await startRegistry(suite);
});

function image(word: string): Image {
  return makeImage({
    layers: [
      { entries: [{ path: word, content: word.repeat(20_000) }] },
      { entries: [{ path: 'b', content: word }, { path: `.wh.${word}` }] },
    ],
    config: { Cmd: [word] },
  });
}

const last = (digest: string | undefined): string => (digest ?? '').slice(7, 19);

test('what is pushed is pulled with the same id, and skopeo agrees', async (t) => {
  const engine = await startEngine(t, { native });
  const source = image('same');
  const name = `${registry.host}/push/same`;
  await engine.load(dockerArchive(source, [`${name}:1`]));
  const messages = await engine.push(name, { tag: '1' });
  t.deepEqual(messages[0], { status: `The push refers to repository [${name}]` });
  const layers = source.layers.map(({ diffId }) => last(diffId));
  for (const id of layers) {
    t.true(messages.some((message) => message.id === id && message.status === 'Preparing'));
    t.true(messages.some((message) => message.id === id && message.status === 'Pushed'));
  }
  const aux = messages.at(-1)?.aux as { Tag: string; Digest: string; Size: number };
  t.is(messages.at(-2)?.status, `1: digest: ${aux.Digest} size: ${aux.Size}`);
  t.deepEqual(engine.images.resolve(`${name}:1`).repoDigests, [`${name}@${aux.Digest}`]);
  t.true(engine.events.includes(`image push ${name}:1`));

  const raw = await ok(['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${name}:1`]);
  t.is(Buffer.byteLength(raw), aux.Size);
  const config = await ok(['skopeo', 'inspect', '--config', '--raw', '--tls-verify=false', `docker://${name}:1`]);
  t.deepEqual(Buffer.from(config), source.config.bytes());
  const copy = join(tempdir(t, 'copy'), 'image');
  mkdirSync(copy);
  await ok(['skopeo', 'copy', '--insecure-policy', '--src-tls-verify=false', `docker://${name}:1`, `dir:${copy}`]);
  const layout = join(tempdir(t, 'layout'), 'oci');
  await ok(['skopeo', 'copy', '--insecure-policy', '--src-tls-verify=false', `docker://${name}:1`, `oci:${layout}:1`]);
  await ok(['umoci', 'unpack', '--image', `${layout}:1`, `${layout}-bundle`]);
  t.is(readFileSync(`${layout}-bundle/rootfs/b`, 'utf8'), 'same');

  const again = await startEngine(t, { native });
  await again.pull(name, { tag: '1' });
  t.is(again.images.resolve(`${name}:1`).id, source.config.digest);
});

test('only what is missing is sent', async (t) => {
  const engine = await startEngine(t, { native });
  const source = image('twice');
  const name = `${registry.host}/push/twice`;
  await engine.load(dockerArchive(source, [`${name}:1`, `${name}:2`]));
  const first = await engine.push(name, { tag: '1' });
  const second = await engine.push(name, { tag: '2' });
  const states = second.filter(({ id }) => id !== undefined && id === last(source.layers[0]?.diffId));
  t.deepEqual(
    states.map(({ status }) => status),
    ['Preparing', 'Layer already exists'],
  );
  t.deepEqual(second.at(-1), { ...first.at(-1), aux: { ...first.at(-1)?.aux, Tag: '2' } });
});

test('a layer of another repository of the registry is mounted', async (t) => {
  const engine = await startEngine(t, { native });
  const source = image('mounted');
  await pushImage(source, { url: registry.url, name: 'push/origin', tag: 'x' });
  await engine.pull(`${registry.host}/push/origin`, { tag: 'x' });
  const name = `${registry.host}/push/neighbour`;
  engine.service.tag(`${registry.host}/push/origin:x`, { repo: name, tag: 'y' });
  const messages = await engine.push(name, { tag: 'y' });
  for (const { diffId } of source.layers) {
    t.true(messages.some(({ id, status }) => id === last(diffId) && status === 'Mounted from push/origin'));
  }
  const raw = await ok(['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${name}:y`]);
  const { layers } = JSON.parse(raw) as { layers: { digest: string }[] };
  t.deepEqual(
    layers.map(({ digest }) => digest),
    source.layers.map(({ digest }) => digest),
    'the same blobs',
  );
});

test('a bare name pushes every tag', async (t) => {
  const engine = await startEngine(t, { native });
  const name = `${registry.host}/push/all`;
  await engine.load(dockerArchive(image('all'), [`${name}:1`, `${name}:2`]));
  const messages = await engine.push(name);
  const tags = messages.flatMap(({ aux }) => (aux === undefined ? [] : [(aux as { Tag: string }).Tag]));
  t.deepEqual(tags, ['1', '2']);
});

test('an image without layers is pushed', async (t) => {
  const engine = await startEngine(t, { native });
  const name = `${registry.host}/push/empty`;
  await engine.load(dockerArchive(makeImage({ layers: [] }), [`${name}:1`]));
  await engine.push(name, { tag: '1' });
  const again = await startEngine(t, { native });
  await again.pull(name, { tag: '1' });
  t.is(again.images.list().length, 1);
});

test('what is not there cannot be pushed', async (t) => {
  const engine = await startEngine(t, { native });
  const name = `${registry.host}/push/none`;
  const message = `An image does not exist locally with the tag: ${name}`;
  await t.throwsAsync(engine.push(name, { tag: '1' }), { message });
  await engine.load(dockerArchive(image('none'), [`${name}:1`]));
  await t.throwsAsync(engine.push(name, { tag: '2' }), { message: `tag does not exist: ${name}:2` });
  await t.throwsAsync(engine.push(`${name}@sha256:${'0'.repeat(64)}`), { message: 'cannot push a digest reference' });
});

// bcrypt of ALICE's password.
const HTPASSWD = 'alice:$2b$04$Pdnw4cpCzmrrxqQbgXWbs.zHOcOUc1oHK7b0tbHtlkQQ6YuJ7frKm\n';
const ALICE = { username: 'alice', password: 'wonder:land' };

test('a registry with passwords is pushed to with them', async (t) => {
  const guarded = await startRegistry(t, { htpasswd: HTPASSWD });
  const engine = await startEngine(t, { native });
  const name = `${guarded.host}/push/guarded`;
  await engine.load(dockerArchive(image('guarded'), [`${name}:1`]));
  await t.throwsAsync(engine.push(name, { tag: '1' }), { message: /no basic auth credentials/ });
  await t.throwsAsync(engine.push(name, { tag: '1', auth: { ...ALICE, password: 'wrong' } }), { code: 'unauthorized' });
  await engine.push(name, { tag: '1', auth: ALICE });
  const again = await startEngine(t, { native });
  await again.pull(name, { tag: '1', auth: ALICE });
  t.is(again.images.list().length, 1);
});

test('what fails on the way is sent again, and what does not stop failing ends the push', async (t) => {
  const engine = await startEngine(t, { native });
  let failures = 2;
  const faulty = await startFaultyRegistry(t, registry.url, ({ request, response }) => {
    if (request.method !== 'POST' || failures === 0) return false;
    failures -= 1;
    if (failures === 1) response.writeHead(503).end();
    else request.socket.destroy();
    return true;
  });
  const name = `${faulty.host}/push/faulty`;
  await engine.load(dockerArchive(image('faulty'), [`${name}:1`]));
  const messages = await engine.push(name, { tag: '1' });
  t.true(messages.some(({ status }) => status?.startsWith('Retrying in') === true));
  const again = await startEngine(t, { native });
  await again.pull(`${registry.host}/push/faulty`, { tag: '1' });
  failures = Number.POSITIVE_INFINITY;
  await engine.load(dockerArchive(image('broken'), [`${name}:2`]));
  await t.throwsAsync(engine.push(name, { tag: '2' }));
});

test('an upload that is cut goes on where the registry says', async (t) => {
  const engine = await startEngine(t, { native });
  const source = makeImage({ layers: [{ entries: [{ path: 'noise', content: noise('resume', 900_000) }] }] });
  const begun = new Map<string, Buffer>();
  let sent = 0;
  let cuts = 0;
  // docker-registry gives up what was cut; this front keeps it, as the specification lets a registry.
  const front = await startFaultyRegistry(t, registry.url, ({ request, response, path, seen }) => {
    const id = /\/blobs\/uploads\/([^?]*)/.exec(path)?.[1];
    if (id === undefined) return false;
    const location = `/v2/push/resumed/blobs/uploads/${id || `upload-${begun.size}`}`;
    const answer = (status: number): void => {
      const bytes = begun.get(id) ?? Buffer.alloc(0);
      response.writeHead(status, { location, range: `0-${Math.max(0, bytes.length - 1)}` }).end();
    };
    const take = async (limit: number): Promise<void> => {
      for await (const chunk of request) {
        const bytes = begun.get(id) ?? Buffer.alloc(0);
        sent += chunk.length;
        begun.set(id, Buffer.concat([bytes, chunk]));
        if (bytes.length + chunk.length < limit) continue;
        cuts += 1;
        request.socket.destroy();
        return;
      }
      answer(202);
    };
    const store = async (): Promise<void> => {
      const digest = new URL(path, 'http://none').searchParams.get('digest') ?? '';
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const bytes = Buffer.concat([begun.get(id) ?? Buffer.alloc(0), ...chunks]);
      if (digestOf(bytes) !== digest) return void response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID"}]}');
      const part = { mediaType: '', digest, size: bytes.length, bytes: () => bytes };
      await pushBlob(part, { url: registry.url, name: 'push/resumed' });
      response.writeHead(201, { location: path }).end();
    };
    if (request.method === 'POST') {
      begun.set(`upload-${begun.size}`, Buffer.alloc(0));
      answer(202);
    } else if (request.method === 'GET') answer(204);
    else if (request.method === 'PUT') void store();
    else void take(seen === 0 ? 300_000 : seen === 2 ? 600_000 : Number.POSITIVE_INFINITY);
    return true;
  });
  const name = `${front.host}/push/resumed`;
  await engine.load(dockerArchive(source, [`${name}:1`]));
  await engine.push(name, { tag: '1' });
  const again = await startEngine(t, { native });
  await again.pull(`${registry.host}/push/resumed`, { tag: '1' });
  t.is(again.images.list()[0]?.id, source.config.digest);
  t.is(cuts, 2);
  t.is(
    sent,
    [...begun.values()].reduce((sum, { length }) => sum + length, 0),
    'nothing was sent twice',
  );
});

test('an upload that is cut is begun again at a registry that gives it up', async (t) => {
  const engine = await startEngine(t, { native });
  const source = makeImage({ layers: [{ entries: [{ path: 'noise', content: noise('again', 900_000) }] }] });
  let cuts = 0;
  const faulty = await startFaultyRegistry(t, registry.url, ({ request, pass }) => {
    if (request.method !== 'PATCH' || cuts === 2) return false;
    cuts += 1;
    let seen = 0;
    request.on('data', (chunk: Buffer) => {
      seen += chunk.length;
      if (seen > 300_000) request.socket.destroy();
    });
    pass();
    return true;
  });
  const name = `${faulty.host}/push/again`;
  await engine.load(dockerArchive(source, [`${name}:1`]));
  await engine.push(name, { tag: '1' });
  const again = await startEngine(t, { native });
  await again.pull(`${registry.host}/push/again`, { tag: '1' });
  t.is(again.images.list()[0]?.id, source.config.digest);
  t.is(cuts, 2);
});

test('credentials do not follow an upload to another host', async (t) => {
  const engine = await startEngine(t, { native });
  const seen: (string | undefined)[] = [];
  const storage = await startFaultyRegistry(t, registry.url, ({ request }) => {
    seen.push(request.headers.authorization);
    return false;
  });
  const guarded = await startFaultyRegistry(t, registry.url, ({ request, response, path, pass }) => {
    if (request.headers.authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    }
    if (request.method !== 'POST') return false;
    const answer = response.writeHead.bind(response);
    response.writeHead = ((status: number, headers: Record<string, string>) =>
      answer(status, { ...headers, location: `http://${storage.host}${headers['location']}` })) as never;
    pass();
    return path !== '';
  });
  const name = `${guarded.host}/push/elsewhere`;
  await engine.load(dockerArchive(image('elsewhere'), [`${name}:1`]));
  await engine.push(name, { tag: '1', auth: ALICE });
  t.deepEqual([...new Set(seen)], [undefined]);
  t.true(seen.length >= 5, 'the parts of two layers and of a configuration');
});

test('a registry that takes nothing more is given up', async (t) => {
  const config = { stallTimeout: 500, retry: { attempts: 2, baseDelay: 1, maxDelay: 1 } };
  const engine = await startEngine(t, { native, config });
  const stuck = await startFaultyRegistry(t, registry.url, ({ request }) => request.method === 'PATCH');
  const name = `${stuck.host}/push/stuck`;
  await engine.load(dockerArchive(image('stuck'), [`${name}:1`]));
  await t.throwsAsync(engine.push(name, { tag: '1' }), { code: 'unavailable', message: /no answer for 500 ms/ });
});

test('a registry that lost a blob says so, and the push fails with it', async (t) => {
  const engine = await startEngine(t, { native });
  const losing = await startFaultyRegistry(t, registry.url, ({ request, response, path }) => {
    if (request.method !== 'PUT' || !path.includes('/manifests/')) return false;
    response.writeHead(404).end('{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"}]}');
    return true;
  });
  const name = `${losing.host}/push/lost`;
  await engine.load(dockerArchive(image('lost'), [`${name}:1`]));
  await t.throwsAsync(engine.push(name, { tag: '1' }), { message: 'manifest blob unknown: blob unknown to registry' });
});

test('a push that is cancelled stops sending', async (t) => {
  const engine = await startEngine(t, { native });
  const closed = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const slow = await startFaultyRegistry(t, registry.url, ({ request }) => {
    if (request.method !== 'PATCH') return false;
    begun.resolve();
    request.socket.on('close', () => closed.resolve());
    return true;
  });
  const name = `${slow.host}/push/cancelled`;
  await engine.load(dockerArchive(image('cancelled'), [`${name}:1`]));
  const controller = new AbortController();
  const push = engine.service.push(
    { name, tag: '1', auth: undefined },
    { emit: () => undefined, signal: controller.signal },
  );
  await begun.promise;
  controller.abort();
  await t.throwsAsync(push, { code: 'cancelled' });
  await closed.promise;
  t.is(engine.images.resolve(`${name}:1`).repoTags.length, 1);
});
