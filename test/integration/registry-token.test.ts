// A registry that wants tokens: Debian's docker-registry verifies what the token server of the tests signs, so a request that
// comes through had the right token for the right scope.
import test from 'ava';
import { Connections } from '../../src/registry/connections.ts';
import { checkLogin } from '../../src/registry/login.ts';
import { type Image, makeImage } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { noise } from '../helpers/noise.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { type Registry, startRegistry } from '../helpers/registry.ts';
import { startTokenServer, type TokenServer } from '../helpers/token-server.ts';
import { cutAfter, startFaultyRegistry } from './faulty-registry.ts';
import { startEngine } from './image.harness.ts';

const ALICE = { username: 'alice', password: 'wonderland' };
/** What the registry grants beyond the end of a token. */
const LEEWAY = 60;
/** Seconds for which the registry takes a token that is to end soon. */
const LIFETIME = 3;
const suite = suiteOwner(test);
const native = openNative();
let tokens: TokenServer;
let registry: Registry;
let image: Image;

test.before(async () => {
  tokens = await startTokenServer(suite, { users: { alice: ALICE.password }, open: ['open'] });
  const unguarded = await startRegistry(suite);
  const layers = ['one', 'two', 'three'].map((word) => ({ entries: [{ path: word, content: noise(word, 300_000) }] }));
  image = makeImage({ layers });
  for (const name of ['open', 'private']) await pushImage(image, { url: unguarded.url, name, tag: 'latest' });
  registry = await startRegistry(suite, { storage: unguarded.storage, token: tokens.token });
});

test.beforeEach(() => {
  tokens.requests.length = 0;
  tokens.lifetime = 300;
});

test.serial('anybody pulls what is open, with one token for all of it', async (t) => {
  const engine = await startEngine(t, { native });
  await engine.pull(`${registry.host}/open`, { tag: 'latest' });
  t.is(engine.images.resolve(`${registry.host}/open`).id, image.config.digest);
  t.is(tokens.requests.length, 1);
  t.deepEqual(tokens.requests[0]?.parameters.getAll('scope'), ['repository:open:pull']);
  t.is(tokens.requests[0]?.parameters.get('service'), tokens.token.service);
});

test.serial('what is not open is denied to strangers, in Docker’s words', async (t) => {
  const engine = await startEngine(t, { native });
  await t.throwsAsync(engine.pull(`${registry.host}/private`, { tag: 'latest' }), {
    code: 'not_found',
    message: `pull access denied for ${registry.host}/private, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
  });
  t.deepEqual(engine.leftovers(), []);
});

test.serial('a password that is wrong is said to be', async (t) => {
  const engine = await startEngine(t, { native });
  const auth = { ...ALICE, password: 'wrong' };
  await t.throwsAsync(engine.pull(`${registry.host}/private`, { tag: 'latest', auth }), {
    code: 'unauthorized',
    message: /incorrect username or password/,
  });
});

test.serial('a push has the right to write, and to read what is mounted', async (t) => {
  const engine = await startEngine(t, { native });
  await engine.pull(`${registry.host}/private`, { tag: 'latest', auth: ALICE });
  engine.service.tag(`${registry.host}/private`, { repo: `${registry.host}/copy`, tag: undefined });
  tokens.requests.length = 0;
  const messages = await engine.push(`${registry.host}/copy`, { tag: 'latest', auth: ALICE });
  t.is(messages.filter(({ status }) => status === 'Mounted from private').length, image.layers.length);
  t.deepEqual(
    tokens.requests.map(({ method, user, parameters }) => [method, user, parameters.getAll('scope').sort()]),
    [['GET', 'alice', ['repository:copy:pull,push', 'repository:private:pull']]],
  );
});

test.serial('a log-in gives a token to keep, and that pulls without the password', async (t) => {
  const connections = new Connections({
    config: { mirrors: [], insecureRegistries: [], certificates: [] },
    userAgent: 'test',
  });
  t.teardown(() => connections.close());
  const { signal } = new AbortController();
  const auth = { ...ALICE, serveraddress: registry.host };
  const identitytoken = await checkLogin(connections, auth, signal);
  t.regex(identitytoken ?? '', /^[0-9a-f]{24}$/);

  tokens.requests.length = 0;
  const engine = await startEngine(t, { native });
  await engine.pull(`${registry.host}/private`, { tag: 'latest', auth: { identitytoken: identitytoken ?? '' } });
  t.deepEqual(
    tokens.requests.map(({ method, user, parameters }) => [method, user, parameters.get('grant_type')]),
    [['POST', 'alice', 'refresh_token']],
  );
  await t.throwsAsync(checkLogin(connections, { ...auth, password: 'wrong' }, signal), {
    code: 'unauthorized',
    message: `login attempt to http://${registry.host}/v2/ failed with status: 401 Unauthorized`,
  });
});

test.serial('a token that ends in the middle of a pull is asked for again, once for all layers', async (t) => {
  // Good for the manifest and the configuration; the registry itself refuses it afterwards.
  tokens.lifetime = LIFETIME - LEEWAY;
  let cut = 0;
  const slow = await startFaultyRegistry(
    t,
    registry.url,
    ({ path, seen, pass }) => {
      if (seen > 0 || !image.layers.some(({ digest }) => path.endsWith(digest))) return false;
      cut += 1;
      pass((chunk, offset) => {
        tokens.lifetime = 300;
        return cutAfter(100_000)(chunk, offset);
      });
      return true;
    },
    { authorization: 'pass' },
  );
  const engine = await startEngine(t, {
    native,
    config: { retry: { attempts: 3, baseDelay: (LIFETIME + 1) * 2000, maxDelay: 10_000 } },
  });
  await engine.pull(`${slow.host}/private`, { tag: 'latest', auth: ALICE });
  t.is(engine.images.resolve(`${slow.host}/private`).id, image.config.digest);
  t.is(cut, image.layers.length);
  t.is(tokens.requests.length, 2);
});

test.serial('a token server that is busy is asked again', async (t) => {
  let asked = 0;
  const busy = await startFaultyRegistry(t, new URL(tokens.url).origin, ({ response }) => {
    asked += 1;
    if (asked > 2) return false;
    response.writeHead(503, { 'retry-after': '0' }).end();
    return true;
  });
  const guarded = await startFaultyRegistry(
    t,
    registry.url,
    ({ request, response }) => {
      if (request.headers.authorization !== undefined) return false;
      const challenge = `Bearer realm="http://${busy.host}/token",service="${tokens.token.service}"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return true;
    },
    { authorization: 'pass' },
  );
  const engine = await startEngine(t, { native });
  await engine.pull(`${guarded.host}/open`, { tag: 'latest' });
  t.is(asked, 3);
});

test.serial('an identity token does not follow a redirect of the token server', async (t) => {
  let reached = false;
  const thief = await startFaultyRegistry(t, registry.url, () => {
    reached = true;
    return false;
  });
  const moved = await startFaultyRegistry(t, registry.url, ({ response }) => {
    response.writeHead(307, { location: `http://${thief.host}/token` }).end();
    return true;
  });
  const guarded = await startFaultyRegistry(t, registry.url, ({ response }) => {
    response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${moved.host}/token",service="s"` }).end();
    return true;
  });
  const engine = await startEngine(t, { native });
  await t.throwsAsync(engine.pull(`${guarded.host}/open`, { tag: 'latest', auth: { identitytoken: 'secret' } }), {
    code: 'unauthorized',
    message: /redirected to .*, which gets no credentials$/,
  });
  t.false(reached);
});
