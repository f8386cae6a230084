import test from 'ava';
import {
  API_VERSION,
  apiVersionOf,
  compareVersions,
  setApiVersion,
  splitVersion,
  versionAtLeast,
} from '../../../src/api/version.ts';
import { TskerError } from '../../../src/util/errors.ts';

const PATHS: [string, string, string][] = [
  ['/_ping', API_VERSION, '/_ping'],
  ['/v1.43/containers/json?all=1', '1.43', '/containers/json?all=1'],
  ['/v1.24/info', '1.24', '/info'],
  [`/v${API_VERSION}/info`, API_VERSION, '/info'],
  ['/version', API_VERSION, '/version'],
  ['/v1.43', API_VERSION, '/v1.43'],
  ['/volumes', API_VERSION, '/volumes'],
];
for (const [url, version, rest] of PATHS) {
  test(`${url} is version ${version} of ${rest}`, (t) => {
    t.deepEqual(splitVersion(url), { version, url: rest });
  });
}

test('a version below the least is refused in the words of Docker', (t) => {
  const error = t.throws(() => splitVersion('/v1.23/info'), { instanceOf: TskerError });
  t.is(
    error?.message,
    'client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
  );
  t.is(error?.status, 400);
});

test('a version above the greatest is refused in the words of Docker', (t) => {
  const error = t.throws(() => splitVersion('/v1.99/info'), { instanceOf: TskerError });
  t.is(error?.message, `client version 1.99 is too new. Maximum supported API version is ${API_VERSION}`);
});

test('versions compare by number, not by text', (t) => {
  t.true(compareVersions('1.9', '1.24') < 0);
  t.true(compareVersions('1.100', '1.24') > 0);
  t.is(compareVersions('1.43', '1.43'), 0);
  t.true(compareVersions('2', '1.43') > 0);
});

test('a request remembers its version', (t) => {
  const request = {};
  t.is(apiVersionOf(request), API_VERSION);
  setApiVersion(request, '1.29');
  t.is(apiVersionOf(request), '1.29');
  t.false(versionAtLeast(request, '1.30'));
  t.true(versionAtLeast(request, '1.29'));
});
