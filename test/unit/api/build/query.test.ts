import test from 'ava';
import { parseBuildQuery } from '../../../../src/api/build/query.ts';

const parse = (query: string) => parseBuildQuery(new URLSearchParams(query), { registryConfig: undefined });

test('what a client does not say has Docker’s defaults', (t) => {
  const { tags, remove, forceRemove, noCache, pull, network, dockerfile, remote, target } = parse('');
  t.deepEqual(tags, []);
  t.deepEqual([remove, forceRemove, noCache, pull], [true, false, false, false]);
  t.is(network, 'default');
  t.deepEqual([dockerfile, remote, target], [undefined, undefined, undefined]);
});

test('what the docker command line sends is understood', (t) => {
  const buildargs = encodeURIComponent('{"A":"1","B":null}');
  const query = `t=a&t=b:c&buildargs=${buildargs}&cachefrom=%5B%22x%22%5D&extrahosts=a:1,b:2&memory=100&cpushares=0&labels=%7B%22l%22:%22v%22%7D&rm=0&shmsize=64`;
  const request = parse(query);
  t.deepEqual(request.tags, ['a', 'b:c']);
  t.deepEqual(
    [...request.buildArgs],
    [
      ['A', '1'],
      ['B', undefined],
    ],
  );
  t.deepEqual(request.cacheFrom, ['x']);
  t.deepEqual(request.extraHosts, ['a:1', 'b:2']);
  t.deepEqual([request.memory, request.cpuShares, request.shmSize], [100, undefined, 64]);
  t.deepEqual([...request.labels], [['l', 'v']]);
  t.false(request.remove);
});

for (const [query, message] of [
  ['version=2', /BuildKit is not supported/],
  ['buildargs=%7B', /error reading build args/],
  ['buildargs=%7B%22A%22:1%7D', /error reading build args/],
  ['labels=%5B%5D', /error reading labels/],
  ['cachefrom=%7B%7D', /error reading cachefrom/],
  ['ulimits=%5B1%5D', /error reading ulimit settings/],
  ['isolation=hyperv', /Unsupported isolation: "hyperv"/],
  ['memory=x', /parsing "x": invalid syntax/],
  [`buildargs=${encodeURIComponent('{"SOURCE_DATE_EPOCH":"soon"}')}`, /invalid SOURCE_DATE_EPOCH: soon/],
] as const) {
  test(`${query} is refused`, (t) => {
    t.throws(() => parse(query), { message });
  });
}
