// Credentials: who asks for them, who gets them, and who must never see them.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { makeImage } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { type Owner, suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { type Registry, startRegistry } from '../helpers/registry.ts';
import { startFaultyRegistry } from './faulty-registry.ts';
import { startEngine } from './image.harness.ts';

const suite = suiteOwner(test);
const native = openNative();
let registry: Registry;

test.before(async () => {
  registry = await startRegistry(suite);
  const image = makeImage({ layers: [{ entries: [{ path: 'secret', content: 'secret' }] }] });
  await pushImage(image, { url: registry.url, name: 'private', tag: 'latest' });
});

const ALICE = { username: 'alice', password: 'wonder:land' };
const BASIC = `Basic ${Buffer.from('alice:wonder:land').toString('base64')}`;

/** A token server that gives alice a token and refuses others; anonymous ones get a token without access. */
async function startTokenServer(owner: Owner): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const { authorization } = request.headers;
    if (authorization !== undefined && authorization !== BASIC) {
      response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
    } else response.end(JSON.stringify(authorization === BASIC ? { token: 'good' } : { access_token: 'anonymous' }));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  owner.teardown(() => void server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, requests };
}

test('basic credentials are sent when they are asked for', async (t) => {
  const engine = await startEngine(t, { native });
  const guarded = await startFaultyRegistry(t, registry.url, ({ request, response }) => {
    if (request.headers.authorization === BASIC) return false;
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    return true;
  });
  const name = `${guarded.host}/private`;
  await t.throwsAsync(engine.pull(name, { tag: 'latest' }), {
    code: 'unauthorized',
    message: /no basic auth credentials$/,
  });
  await t.throwsAsync(engine.pull(name, { tag: 'latest', auth: { ...ALICE, password: 'wrong' } }), {
    code: 'unauthorized',
  });
  await engine.pull(name, { tag: 'latest', auth: ALICE });
  const auth = { auth: Buffer.from('alice:wonder:land').toString('base64') };
  await engine.pull(name, { tag: 'latest', auth });
  t.is(engine.images.list().length, 1);
});

test('a token is fetched once, with the scope the registry names', async (t) => {
  const engine = await startEngine(t, { native });
  const tokens = await startTokenServer(t);
  const guarded = await startFaultyRegistry(t, registry.url, ({ request, response }) => {
    if (request.headers.authorization === 'Bearer good') return false;
    const anonymous = request.headers.authorization !== undefined;
    const challenge = `Bearer realm="${tokens.url}",service="test",scope="repository:private:pull"`;
    const header = anonymous ? `${challenge},error="insufficient_scope"` : challenge;
    response.writeHead(401, { 'www-authenticate': header }).end();
    return true;
  });
  const name = `${guarded.host}/private`;
  await engine.pull(name, { tag: 'latest', auth: ALICE });
  t.is(tokens.requests.length, 1);
  const query = new URL(tokens.requests[0]?.url ?? '', tokens.url).searchParams;
  t.deepEqual(
    [query.get('service'), query.get('scope'), query.get('account')],
    ['test', 'repository:private:pull', 'alice'],
  );
  await t.throwsAsync(engine.pull(name, { tag: 'latest' }), {
    code: 'not_found',
    message: `pull access denied for ${name}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
  });
  await t.throwsAsync(engine.pull(name, { tag: 'latest', auth: { ...ALICE, password: 'wrong' } }), {
    code: 'unauthorized',
    message: 'unauthorized: incorrect username or password',
  });
});

test('a refresh token is exchanged by POST', async (t) => {
  const engine = await startEngine(t, { native });
  let body = '';
  const server = createServer(async (request, response) => {
    for await (const chunk of request) body += chunk;
    response.end('{"access_token":"good"}');
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => void server.close().closeAllConnections());
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const guarded = await startFaultyRegistry(t, registry.url, ({ request, response }) => {
    if (request.headers.authorization === 'Bearer good') return false;
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }).end();
    return true;
  });
  await engine.pull(`${guarded.host}/private`, { tag: 'latest', auth: { identitytoken: 'refresh' } });
  const sent = new URLSearchParams(body);
  t.deepEqual(
    [sent.get('grant_type'), sent.get('refresh_token'), sent.get('scope')],
    ['refresh_token', 'refresh', 'repository:private:pull'],
  );
});

test('credentials do not follow a redirect to another host', async (t) => {
  const engine = await startEngine(t, { native });
  const seen: (string | undefined)[] = [];
  const storage = await startFaultyRegistry(t, registry.url, ({ request }) => {
    seen.push(request.headers.authorization);
    return false;
  });
  const guarded = await startFaultyRegistry(t, registry.url, ({ request, response, isBlob, path }) => {
    if (request.headers.authorization !== BASIC) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    }
    if (isBlob) response.writeHead(307, { location: `http://${storage.host}${path}` }).end();
    return isBlob;
  });
  await engine.pull(`${guarded.host}/private`, { tag: 'latest', auth: ALICE });
  t.deepEqual(seen, [undefined, undefined], 'a configuration and a layer were fetched from there');
});

test('endless redirects end', async (t) => {
  const engine = await startEngine(t, { native });
  const looping = await startFaultyRegistry(t, registry.url, ({ response, path }) => {
    response.writeHead(302, { location: path }).end();
    return true;
  });
  await t.throwsAsync(engine.pull(`${looping.host}/private`, { tag: 'latest' }), {
    message: /stopped after 10 redirects/,
  });
});

test('a redirect to what is no address is refused', async (t) => {
  const engine = await startEngine(t, { native });
  const odd = await startFaultyRegistry(t, registry.url, ({ response }) => {
    response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    return true;
  });
  await t.throwsAsync(engine.pull(`${odd.host}/private`, { tag: 'latest' }), {
    message: /redirected to an invalid address/,
  });
});
