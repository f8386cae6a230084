// Verbs that ask a registry and keep nothing (search, distribution, login), and prune.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { Connections } from '../../src/registry/connections.ts';
import { RegistryService } from '../../src/registry/service.ts';
import { dockerArchive } from '../helpers/archive.ts';
import { makeImage } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { type Owner, suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { type Registry, startRegistry } from '../helpers/registry.ts';
import { startEngine } from './image.harness.ts';

const suite = suiteOwner(test);
const native = openNative();
const { signal } = new AbortController();
let registry: Registry;

test.before(async () => {
  registry = await startRegistry(suite);
});

function startService(owner: Owner): RegistryService {
  const connections = new Connections({ config: { mirrors: [], insecureRegistries: [] }, userAgent: 'tsker/test' });
  owner.teardown(() => connections.close());
  return new RegistryService(connections);
}

async function startSearchServer(owner: Owner): Promise<{ host: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const result = (name: string, stars: number, official: boolean) => ({
    ...{ name, star_count: stars, is_official: official, is_automated: false, description: `about ${name}` },
  });
  const server = createServer((request, response) => {
    requests.push(request);
    const results = [result('redis', 900, true), result('me/redis', 3, false), { name: 7 }];
    response.end(JSON.stringify({ num_results: 3, results }));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  owner.teardown(() => void server.close().closeAllConnections());
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

test('search asks a registry that can, and filters', async (t) => {
  const service = startService(t);
  const { host, requests } = await startSearchServer(t);
  const names = async (
    filters: readonly (readonly [string, readonly string[]])[],
    limit?: number,
  ): Promise<string[]> => {
    const request = { term: `${host}/redis`, limit, filters: new Map(filters), auth: undefined };
    return (await service.search(request, signal)).map(({ name }) => name);
  };
  t.deepEqual(await names([]), ['redis', 'me/redis', '']);
  t.deepEqual(await names([], 1), ['redis']);
  t.deepEqual(await names([['stars', ['3']]]), ['redis', 'me/redis']);
  t.deepEqual(await names([['is-official', ['true']]]), ['redis']);
  t.deepEqual(requests[0]?.url, '/v1/search?q=redis&n=25');
  await t.throwsAsync(names([], 101), { message: 'limit 101 is outside the range of [1, 100]' });
  await t.throwsAsync(names([['stars', ['many']]]), { code: 'invalid' });
});

test('search of a registry that cannot says so', async (t) => {
  const request = { term: `${registry.host}/x`, limit: undefined, filters: new Map(), auth: undefined };
  await t.throwsAsync(startService(t).search(request, signal), { message: 'Unexpected status code 404' });
});

test('distribution tells what a registry has', async (t) => {
  const image = makeImage({ layers: [{ entries: [{ path: 'a', content: 'a' }] }] });
  await pushImage(image, { url: registry.url, name: 'dist/one', tag: '1' });
  const service = startService(t);
  const found = await service.distribution(`${registry.host}/dist/one:1`, undefined, signal);
  t.like(found.Descriptor, { digest: image.manifest.digest, size: image.manifest.size });
  t.deepEqual(found.Platforms, [{ architecture: 'amd64', os: 'linux' }]);
  await t.throwsAsync(service.distribution(`${registry.host}/dist/none:1`, undefined, signal), { code: 'not_found' });
});

test('an open registry takes any log-in', async (t) => {
  const auth = { username: 'a', password: 'b', serveraddress: registry.host };
  await t.notThrowsAsync(startService(t).login(auth, signal));
  await t.throwsAsync(startService(t).login({ ...auth, serveraddress: 'not a host' }, signal), { code: 'invalid' });
});

test('prune removes dangling images, or all that nobody uses', async (t) => {
  const engine = await startEngine(t, { native });
  const image = (word: string) =>
    makeImage({ layers: [{ entries: [{ path: word, content: word }] }], config: { Labels: { word } } });
  await engine.load(dockerArchive(image('dangling'), []));
  await engine.load(dockerArchive(image('named'), ['prune/named:1', 'prune/named:2']));
  await engine.load(dockerArchive(image('other'), ['prune/other:1']));
  const first = await engine.service.prune(new Map());
  t.deepEqual(first.ImagesDeleted?.[0], { Deleted: image('dangling').config.digest });
  t.is(first.SpaceReclaimed, 'dangling'.length);
  t.is(engine.images.list().length, 2);
  t.deepEqual(await engine.service.prune(new Map()), { ImagesDeleted: null, SpaceReclaimed: 0 });
  const filters = new Map([
    ['dangling', ['false']],
    ['label', ['word=named']],
  ]);
  const second = await engine.service.prune(filters);
  t.deepEqual(second.ImagesDeleted?.slice(0, 3), [
    { Untagged: 'prune/named:1' },
    { Untagged: 'prune/named:2' },
    { Deleted: image('named').config.digest },
  ]);
  t.deepEqual(
    engine.images.list().map(({ repoTags }) => repoTags),
    [['prune/other:1']],
  );
  await t.throwsAsync(engine.service.prune(new Map([['dangling', ['maybe']]])), { code: 'invalid' });
});
