// Pulls that go wrong: each is a clear error and leaves nothing, or is healed and leaves the right image.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext, type ThrowsExpectation } from 'ava';
import type { Native } from '../../src/native/native.ts';
import { blob, descriptor, type Image, makeImage, makeLayer } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { type Registry, startRegistry } from '../helpers/registry.ts';
import { makeTar } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { cutAfter, type Fault, type FaultyRegistry, startFaultyRegistry } from './faulty-registry.ts';
import { type Engine, type EngineOptions, startEngine } from './image.harness.ts';

const suite = suiteOwner(test);
const native: Native = openNative();
let registry: Registry;

test.before(async () => {
  registry = await startRegistry(suite);
});

/** For tests that are `serial`: beside the others, whose registries are in this process, any of them is slow. */
const IMPATIENT = { stallTimeout: 1500, retry: { attempts: 2, baseDelay: 1, maxDelay: 1 } };

interface World {
  readonly engine: Engine;
  readonly faulty: FaultyRegistry;
  readonly image: Image;
  /** `127.0.0.1:port/name` through the faulty registry. */
  readonly name: string;
}

/** Bytes that do not compress, the same for the same word. */
function noise(word: string, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let index = 0; parts.length * 64 < size; index += 1) {
    parts.push(createHash('sha512').update(`${word}${index}`).digest());
  }
  return Buffer.concat(parts).subarray(0, size);
}

/** An image of three layers, pushed; an engine; a registry with the fault between them. */
async function world(t: ExecutionContext, fault: Fault, options: Partial<EngineOptions> = {}): Promise<World> {
  const name = `faults/${createHash('md5').update(t.title).digest('hex')}`;
  const layers = [200_000, 700_000, 50].map((size, index) => ({
    entries: [{ path: `file-${index}`, content: noise(t.title + index, size) }],
  }));
  const image = makeImage({ layers, config: { User: t.title } });
  await pushImage(image, { url: registry.url, name, tag: 'latest' });
  const faulty = await startFaultyRegistry(t, registry.url, fault);
  const engine = await startEngine(t, { native, ...options });
  return { engine, faulty, image, name: `${faulty.host}/${name}` };
}

function isLayer(world: { image: Image }, path: string, index: number): boolean {
  return path.endsWith(world.image.layers[index]?.digest ?? 'none');
}

/** Gives the name another image. */
async function push({ name }: World, image: Image): Promise<void> {
  await pushImage(image, { url: registry.url, name: name.slice(name.indexOf('/') + 1), tag: 'latest' });
}

async function assertPulled(t: ExecutionContext, { engine, name, image }: World): Promise<void> {
  await engine.pull(name, { tag: 'latest' });
  t.is(engine.images.resolve(name).id, image.config.digest);
}

async function assertRefused(
  t: ExecutionContext,
  { engine, name }: World,
  expected: ThrowsExpectation<Error>,
): Promise<void> {
  const error = await t.throwsAsync(engine.pull(name, { tag: 'latest' }), expected);
  t.log(error?.message);
  t.deepEqual(engine.leftovers(), [], 'nothing is left behind');
}

test('connections that are cut at random places are taken up again', async (t) => {
  let state = 12_345;
  const random = (limit: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % limit;
  };
  const here = await world(t, ({ isBlob, seen, pass }) => {
    if (!isBlob || seen >= 4) return false;
    pass(cutAfter(random(200_000)));
    return true;
  });
  await assertPulled(t, here);
  t.true(here.faulty.requests.filter((request) => request.includes('/blobs/')).length > 8);
});

test('a server without ranges is read again from the start', async (t) => {
  const here = await world(t, ({ request, isBlob, seen, pass }) => {
    delete request.headers.range;
    if (isBlob && seen === 0) pass(cutAfter(30_000));
    else pass();
    return true;
  });
  await assertPulled(t, here);
});

test('a registry that hangs up half-way for good is an error', async (t) => {
  const here: World = await world(t, ({ path, pass, response, seen }) => {
    if (!isLayer(here, path, 1)) return false;
    if (seen === 0) pass(cutAfter(100_000));
    else response.destroy();
    return true;
  });
  await assertRefused(t, here, { code: 'unavailable' });
});

test.serial('a registry that sends nothing more is given up', async (t) => {
  const here: World = await world(
    t,
    ({ path, response }) => {
      if (!isLayer(here, path, 1)) return false;
      response.writeHead(200, { 'content-length': 700_000 }).write('x');
      return true;
    },
    { config: IMPATIENT },
  );
  await assertRefused(t, here, {
    code: 'unavailable',
    message: /blobs\/sha256:.* (?:no answer for|the server is too slow: 1 B in) 1500 ms/,
  });
});

test.serial('a registry that drips is given up', async (t) => {
  const here: World = await world(
    t,
    ({ path, response }) => {
      if (!isLayer(here, path, 1)) return false;
      response.writeHead(200, { 'content-length': 700_000 });
      const drip = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(drip));
      return true;
    },
    { config: IMPATIENT },
  );
  await assertRefused(t, here, {
    code: 'unavailable',
    message: /(?:no answer for|the server is too slow: \d+ B in) 1500 ms/,
  });
});

test.serial('a registry that drips its headers is given up', async (t) => {
  const here: World = await world(
    t,
    ({ path, request }) => {
      if (!isLayer(here, path, 1)) return false;
      request.socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => request.socket.write('X-Drip: x\r\n'), 50);
      request.socket.on('close', () => clearInterval(drip)).on('error', () => undefined);
      return true;
    },
    { config: IMPATIENT },
  );
  await assertRefused(t, here, { code: 'unavailable', message: /no answer for 1500 ms/ });
});

test('a storm of 429 and 503 in the middle of everything is sat out', async (t) => {
  const here = await world(t, ({ seen, response, isBlob, pass }) => {
    const stormy = seen < (isBlob ? 4 : 2);
    if (stormy && seen === 1 && isBlob) pass(cutAfter(70_000));
    else if (stormy)
      response.writeHead(seen % 2 === 0 ? 429 : 503, { 'retry-after': seen === 0 ? '1' : '0' }).end('busy');
    return stormy;
  });
  const started = Date.now();
  await assertPulled(t, here);
  t.true(Date.now() - started >= 1000, 'as long as the registry asked for');
});

test('a registry that never answers is given up', async (t) => {
  const here = await world(t, () => true, {
    config: { stallTimeout: 100, retry: { attempts: 2, baseDelay: 1, maxDelay: 1 } },
  });
  await assertRefused(t, here, { code: 'unavailable', message: /no answer for 100 ms/ });
});

test('wrong bytes are a digest error', async (t) => {
  const here: World = await world(t, ({ path, pass }) => {
    if (!isLayer(here, path, 0)) return false;
    // Inside a stored block of the noise, so that gzip itself may see nothing.
    pass((chunk, offset) => (offset === 0 ? Buffer.concat([chunk.subarray(0, -1), Buffer.from([0x55])]) : chunk));
    return true;
  });
  await assertRefused(t, here, { code: 'corrupt' });
});

test('bytes that are a layer, but another one, are a digest error', async (t) => {
  const entries = (content: string) => [{ path: 'file', content }];
  const [right, wrong] = ['right', 'wrong'].map((content) =>
    makeImage({ layers: [{ entries: entries(content) }], compression: 'none', config: { User: t.title } }),
  );
  const here = await world(t, ({ path, response }) => {
    if (!path.endsWith(right?.layers[0]?.digest ?? 'none')) return false;
    response.end(wrong?.layers[0]?.bytes());
    return true;
  });
  if (right === undefined) throw new Error('two images were made');
  await push(here, right);
  await assertRefused(t, here, {
    code: 'corrupt',
    message: new RegExp(`^filesystem layer verification failed for digest ${right.layers[0]?.digest}`),
  });
});

for (const [what, delta] of [
  ['longer', -10],
  ['shorter', 10],
] as const) {
  test(`a blob that is ${what} than the manifest says is an error`, async (t) => {
    const here: World = await world(t, ({ path, response }) => {
      if (!path.includes('/manifests/')) return false;
      const { image } = here;
      const layers = image.layers.map((layer, index) => ({
        ...descriptor(layer),
        size: layer.size + (index === 1 ? delta : 0),
      }));
      const type = image.manifest.mediaType;
      response.setHeader('content-type', type);
      response.end(JSON.stringify({ schemaVersion: 2, mediaType: type, config: descriptor(image.config), layers }));
      return true;
    });
    await assertRefused(t, here, { code: 'corrupt' });
  });
}

for (const status of [503, 500, 429]) {
  test(`an answer ${status} is tried again`, async (t) => {
    const here = await world(t, ({ seen, response }) => {
      if (seen > 1) return false;
      response.writeHead(status, { 'retry-after': '0' }).end('busy');
      return true;
    });
    await assertPulled(t, here);
  });
}

test('a registry that is always busy is an error that says so', async (t) => {
  const here = await world(t, ({ response }) => {
    response.writeHead(503).end();
    return true;
  });
  await assertRefused(t, here, { code: 'unavailable', message: /received unexpected HTTP status: 503/ });
});

test('a blob that is missing is an error', async (t) => {
  const here: World = await world(t, ({ path, response }) => {
    if (!isLayer(here, path, 2)) return false;
    response
      .writeHead(404)
      .end(JSON.stringify({ errors: [{ code: 'BLOB_UNKNOWN', message: 'blob unknown to registry' }] }));
    return true;
  });
  await assertRefused(t, here, { message: /blob unknown/ });
});

test('a manifest that is not what its digest says is an error', async (t) => {
  const here: World = await world(t, ({ path, pass }) => {
    if (!path.includes('/manifests/')) return false;
    pass((chunk) =>
      Buffer.from(chunk.toString().replace('"schemaVersion": 2', '"schemaVersion":  2').replace('\n', '')),
    );
    return true;
  });
  const { engine, name, image } = here;
  await t.throwsAsync(engine.pull(name, { tag: image.manifest.digest }), {
    code: 'corrupt',
    message: `manifest verification failed for digest ${image.manifest.digest}`,
  });
});

test('a manifest without an end is cut off', async (t) => {
  const here = await world(t, ({ path, response }) => {
    if (!path.includes('/manifests/')) return false;
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
    };
    response.on('drain', more).on('error', () => undefined);
    more();
    return true;
  });
  await assertRefused(t, here, { code: 'corrupt', message: /more than 4194304 bytes/ });
});

test('a manifest of 100 MB is not read to its end', async (t) => {
  let sent = 0;
  const here = await world(t, ({ path, response }) => {
    if (!path.includes('/manifests/')) return false;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100_000_000 });
    const more = (): void => {
      while (!response.destroyed && sent < 100_000_000) {
        sent += 65_536;
        if (!response.write(Buffer.alloc(65_536, '['))) return;
      }
    };
    response.on('drain', more).on('error', () => undefined);
    more();
    return true;
  });
  await assertRefused(t, here, { code: 'corrupt', message: /more than 4194304 bytes/ });
  t.true(sent < 50_000_000, `${sent} bytes were sent`);
});

test('a manifest that comes compressed is not unpacked: it is no manifest', async (t) => {
  const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
  const here = await world(t, ({ path, response }) => {
    if (!path.includes('/manifests/')) return false;
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    return true;
  });
  await assertRefused(t, here, { code: 'corrupt', message: /^invalid manifest: it is not JSON/ });
});

test('a configuration of another image is an error', async (t) => {
  const here: World = await world(t, ({ path, response }) => {
    if (!path.endsWith(here.image.config.digest)) return false;
    response.end(Buffer.alloc(here.image.config.size, ' '));
    return true;
  });
  await assertRefused(t, here, { code: 'corrupt', message: /image config verification failed/ });
});

for (const [what, change] of [
  ['another diff id', (ids: string[]) => [...ids.slice(0, 2), `sha256:${'0'.repeat(64)}`]],
  ['fewer diff ids than layers', (ids: string[]) => ids.slice(0, 2)],
  ['more diff ids than layers', (ids: string[]) => [...ids, `sha256:${'0'.repeat(64)}`]],
] as const) {
  test(`a configuration with ${what} is an error`, async (t) => {
    const here = await world(t, () => false);
    const document = JSON.parse(here.image.config.bytes().toString());
    document.rootfs.diff_ids = change(document.rootfs.diff_ids);
    const config = blob(here.image.config.mediaType, Buffer.from(JSON.stringify(document)));
    const manifest = JSON.parse(here.image.manifest.bytes().toString());
    manifest.config = descriptor(config);
    const wrong = {
      ...here.image,
      config,
      manifest: blob(here.image.manifest.mediaType, Buffer.from(JSON.stringify(manifest))),
    };
    await push(here, wrong);
    await assertRefused(t, here, { code: 'corrupt', message: /layers from manifest don't match image configuration/ });
  });
}

for (const path of ['../escape', '../../../../../../../../../tmp/tsker-escape']) {
  test(`a layer with the name ${path} is refused`, async (t) => {
    const here = await world(t, () => false);
    const image = makeImage({
      layers: [
        {
          entries: [
            { path: 'ok', content: 'ok' },
            { path, content: 'out' },
          ],
        },
      ],
    });
    await push(here, image);
    await assertRefused(t, here, { code: 'corrupt' });
    t.false(readdirSync('/tmp').includes('tsker-escape'));
  });
}

for (const driver of ['overlay', 'vfs'] as const) {
  test(`a disk that is full is a clear error with ${driver}`, async (t) => {
    const root = tempdir(t, 'full');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', root]);
    const here = await world(t, () => false, { root, driver });
    const big = makeImage({ layers: [{ entries: [{ path: 'big', content: noise('big', 8_000_000) }] }] });
    await push(here, big);
    await assertRefused(t, here, {
      code: 'no_space',
      message: /^failed to register layer: .*[Nn]o space left on device/,
    });
  });
}

test('a layer that unpacks to more than the disk has is a clear error', async (t) => {
  const root = tempdir(t, 'full');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', root]);
  const here = await world(t, () => false, { root });
  const bomb = makeImage({ layers: [{ entries: [{ path: 'zeros', content: Buffer.alloc(300_000_000) }] }] });
  t.true((bomb.layers[0]?.size ?? 0) < 400_000, 'a thousand times smaller on the way');
  await push(here, bomb);
  await assertRefused(t, here, { code: 'no_space', message: /[Nn]o space left on device/ });
});

test('zeros without number behind the end of an archive cost no disk', async (t) => {
  const root = tempdir(t, 'full');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', root]);
  const here = await world(t, () => false, { root });
  const tar = Buffer.concat([makeTar([{ path: 'a', content: 'a' }]), Buffer.alloc(300_000_000)]);
  const padded = makeImage({ layers: [makeLayer(tar, { family: 'docker', compression: 'gzip' })] });
  await push(here, padded);
  await here.engine.pull(here.name, { tag: 'latest' });
  t.is(here.engine.images.resolve(here.name).id, padded.config.digest);
});

test('a pull that is cancelled leaves nothing, and the next one works', async (t) => {
  let hold = true;
  const here: World = await world(t, ({ path, pass }) => {
    if (!hold || !isLayer(here, path, 1)) return false;
    pass((chunk, offset) => (offset > 100_000 ? Buffer.alloc(0) : chunk));
    return true;
  });
  const controller = new AbortController();
  const pulled = here.engine.pull(here.name, {
    tag: 'latest',
    signal: controller.signal,
    onMessage: ({ status }) => status === 'Downloading' && controller.abort(),
  });
  await t.throwsAsync(pulled, { code: 'cancelled' });
  t.deepEqual(here.engine.leftovers(), []);
  hold = false;
  await assertPulled(t, here);
});

test.serial('when one of two clients cancels, the other one still gets the image', async (t) => {
  const held: (() => void)[] = [];
  const here: World = await world(t, ({ isBlob, path, pass }) => {
    if (!isBlob || !here.image.layers.some(({ digest }) => path.endsWith(digest))) return false;
    held.push(pass);
    return true;
  });
  const { engine, name, image } = here;
  const controller = new AbortController();
  const heard = [0, 0];
  const pull = (client: number, signal?: AbortSignal): Promise<unknown> =>
    engine.pull(name, {
      tag: 'latest',
      ...(signal === undefined ? {} : { signal }),
      onMessage: ({ status }) => {
        if (status === 'Pulling fs layer') heard[client] = (heard[client] ?? 0) + 1;
      },
    });
  const first = pull(0, controller.signal);
  const second = pull(1);
  await waitFor(
    'both wait for all layers',
    () => heard.every((count) => count === image.layers.length) && held.length > 0,
  );
  controller.abort();
  await t.throwsAsync(first, { code: 'cancelled' });
  const release = setInterval(() => held.splice(0).forEach((pass) => void pass()), 10);
  await second.finally(() => clearInterval(release));
  t.is(engine.images.resolve(name).id, image.config.digest);
  const fetched = here.faulty.requests.filter((request) => request.endsWith(image.layers[1]?.digest ?? ''));
  t.is(fetched.length, 1, 'the layer was fetched once');
});
