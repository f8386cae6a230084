// Registries behind TLS and proxies: Debian's docker-registry with a private authority and client certificates, reached by a
// name that is not loopback through the tunnel of a proxy.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { HttpClient } from '../../src/registry/http.ts';
import { type Authority, makeAuthority, type Pair } from '../helpers/authority.ts';
import { type Image, makeImage } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { noise } from '../helpers/noise.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { startProxy, type TestProxy } from '../helpers/proxy.ts';
import { pushImage } from '../helpers/push.ts';
import { type Registry, startRegistry } from '../helpers/registry.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { cutAfter, type Fault, startFaultyRegistry } from './faulty-registry.ts';
import { type Engine, startEngine } from './image.harness.ts';

const NAME = 'registry.test';
/** Where references without a host lead. */
const HUB = 'registry-1.docker.io';
const suite = suiteOwner(test);
const native = openNative();
let authority: Authority;
let client: Pair;
/** The same images without TLS, to put some there. */
let open: Registry;
let proxy: TestProxy;
let image: Image;
const mirrored = makeImage({ layers: [{ entries: [{ path: 'noise', content: noise('mirrored', 400_000) }] }] });

test.before(async () => {
  authority = makeAuthority(suite, 'tests');
  client = authority.issue('client');
  open = await startRegistry(suite);
  const tls = { ...authority.issue(NAME), clients: authority.cert };
  const closed = await startRegistry(suite, { storage: open.storage, tls });
  const hub = await startRegistry(suite, { storage: open.storage, tls: authority.issue(HUB) });
  proxy = await startProxy(suite, {
    [`${HUB}:443`]: Number(new URL(hub.url).port),
    [`${NAME}:443`]: Number(new URL(closed.url).port),
    [`${NAME}:5000`]: Number(new URL(open.url).port),
  });
  process.env['HTTPS_PROXY'] = proxy.url;
  process.env['HTTP_PROXY'] = proxy.url;
  image = makeImage({ layers: [{ entries: [{ path: 'a', content: 'a' }] }] });
  await pushImage(image, { url: open.url, name: 'tls', tag: 'latest' });
  await pushImage(mirrored, { url: open.url, name: 'library/mirrored', tag: 'latest' });
});

/** An engine whose certs.d has these files for the registry. */
async function engineWith(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<Engine> {
  const certificates = tempdir(t, 'certs.d');
  mkdirSync(join(certificates, NAME));
  for (const [name, source] of Object.entries(files)) copyFileSync(source, join(certificates, NAME, name));
  return startEngine(t, { native, config: { certificates: ['/nonexistent', certificates] } });
}

function allFiles(): Record<string, string> {
  return { 'ca.crt': authority.cert, 'client.cert': client.cert, 'client.key': client.key };
}

test('a private authority and a client certificate in certs.d are used to pull and to push', async (t) => {
  const engine = await engineWith(t, allFiles());
  await engine.pull(`${NAME}/tls`, { tag: 'latest' });
  t.is(engine.images.resolve(`${NAME}/tls:latest`).id, image.config.digest);
  t.true(proxy.requests.includes(`CONNECT ${NAME}:443`), 'by the tunnel of the proxy');

  engine.service.tag(`${NAME}/tls`, { repo: `${NAME}/tls-pushed`, tag: undefined });
  await engine.push(`${NAME}/tls-pushed`, { tag: 'latest' });
  const other = await engineWith(t, allFiles());
  await other.pull(`${NAME}/tls-pushed`, { tag: 'latest' });
  t.is(other.images.resolve(`${NAME}/tls-pushed`).id, image.config.digest);
});

test('without the authority the registry is not trusted', async (t) => {
  const engine = await engineWith(t, { 'client.cert': client.cert, 'client.key': client.key });
  await t.throwsAsync(engine.pull(`${NAME}/tls`, { tag: 'latest' }), {
    code: 'unavailable',
    message: /^Get "https:\/\/registry\.test\/v2\/tls\/manifests\/latest": tls: failed to verify certificate: /,
  });
});

test('without a client certificate the registry refuses the connection, and says why', async (t) => {
  const engine = await engineWith(t, { 'ca.crt': authority.cert });
  await t.throwsAsync(engine.pull(`${NAME}/tls`, { tag: 'latest' }), {
    code: 'unavailable',
    message: /remote error: tls: (?:certificate required|bad certificate)/,
  });
});

for (const [what, files, message] of [
  [
    'a certificate without its key',
    () => ({ 'client.cert': client.cert }),
    'missing key client.key for client certificate client.cert. CA certificates must use the extension .crt',
  ],
  [
    'a key without its certificate',
    () => ({ 'client.key': client.key }),
    'missing client certificate client.cert for key client.key',
  ],
] as const) {
  test(`${what} is an error that says what is missing`, async (t) => {
    const engine = await engineWith(t, files());
    await t.throwsAsync(engine.pull(`${NAME}/tls`, { tag: 'latest' }), { code: 'invalid', message });
  });
}

test('a certificate that is none is an error that names the registry', async (t) => {
  const nonsense = join(tempdir(t, 'nonsense'), 'ca.crt');
  writeFileSync(nonsense, '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n');
  const engine = await engineWith(t, { 'ca.crt': nonsense });
  await t.throwsAsync(engine.pull(`${NAME}/tls`, { tag: 'latest' }), {
    code: 'invalid',
    message: /^the certificates for registry\.test cannot be used: /,
  });
});

/** The exchange is taken over from the registry. */
function taken(_done: unknown): true {
  return true;
}

for (const [what, fault] of [
  ['is down', ({ request }) => taken(request.socket.destroy())],
  ['is busy', ({ response }) => taken(response.writeHead(503).end())],
  ['has not got the image', ({ response }) => taken(response.writeHead(404).end())],
  ['wants credentials', ({ response }) => taken(response.writeHead(401, { 'www-authenticate': 'Basic' }).end())],
  [
    'breaks in the middle of a layer',
    ({ path, pass, seen, response }) => {
      if (!path.endsWith(mirrored.layers[0]?.digest ?? 'none')) return false;
      if (seen === 0) pass(cutAfter(100_000));
      else response.destroy();
      return true;
    },
  ],
] as const satisfies readonly (readonly [string, Fault])[]) {
  test(`Docker Hub is asked when its mirror ${what}`, async (t) => {
    const mirror = await startFaultyRegistry(t, open.url, fault);
    const certificates = tempdir(t, 'certs.d');
    mkdirSync(join(certificates, HUB));
    copyFileSync(authority.cert, join(certificates, HUB, 'ca.crt'));
    const config = { mirrors: [`http://${mirror.host}`], certificates: [certificates] };
    const engine = await startEngine(t, { native, config });
    const auth = { username: 'u', password: 'secret' };
    await engine.pull('mirrored', { tag: 'latest', auth });
    t.is(engine.images.resolve('mirrored').id, mirrored.config.digest);
    t.true(mirror.requests.length > 0);
  });
}

test('an insecure registry without TLS is asked through the proxy', async (t) => {
  const config = { insecureRegistries: [`${NAME}:5000`] };
  const engine = await startEngine(t, { native, config });
  await engine.pull(`${NAME}:5000/tls`, { tag: 'latest' });
  t.is(engine.images.resolve(`${NAME}:5000/tls`).id, image.config.digest);
  t.true(proxy.requests.includes(`GET http://${NAME}:5000/v2/tls/manifests/latest`));
});

test('what NO_PROXY names, and loopback, is asked directly', async (t) => {
  const own = await startProxy(t, {});
  const env = { HTTP_PROXY: own.url, NO_PROXY: 'direct.invalid' };
  const http = new HttpClient({ userAgent: 'test', stallTimeout: 5000, env });
  t.teardown(() => http.close());
  const { signal } = new AbortController();
  const get = (url: string) => http.request({ url, insecure: false, signal });
  t.is((await get(`${open.url}/v2/`)).status, 200);
  await t.throwsAsync(get('http://direct.invalid/'), { message: /no such host|name resolution/ });
  t.deepEqual(own.requests, []);
  t.is((await get('http://proxied.invalid/')).status, 502);
  t.deepEqual(own.requests, ['GET http://proxied.invalid/']);
});
