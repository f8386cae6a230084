import test from 'ava';
import { checkInsecureRegistry, checkMirror, endpointsFor, isInsecure } from '../../../src/registry/endpoints.ts';

for (const [host, insecure, expected] of [
  ['localhost', [], true],
  ['localhost:5000', [], true],
  ['127.0.0.1', [], true],
  ['127.1.2.3:5000', [], true],
  ['[::1]:5000', [], true],
  ['10.0.0.1:5000', [], false],
  ['10.0.0.1:5000', ['10.0.0.0/8'], true],
  ['10.0.0.1:5000', ['10.0.0.1:5000'], true],
  ['10.0.0.1:5000', ['10.0.0.1:5001'], false],
  ['registry.example.com', ['registry.example.com'], true],
  ['registry.example.com:5000', ['registry.example.com'], true],
  ['localhost.example.com', [], false],
  ['127.0.0.1.example.com', [], false],
] as const) {
  test(`${host} is ${expected ? '' : 'not '}insecure with [${insecure.join(' ')}]`, (t) => {
    t.is(isInsecure(host, insecure), expected);
  });
}

test('a registry is asked by TLS only, an insecure one by TLS first', (t) => {
  const config = { mirrors: [], insecureRegistries: [] };
  t.deepEqual(endpointsFor('quay.io', config), [
    { host: 'quay.io', baseUrls: ['https://quay.io'], insecure: false, mirror: false },
  ]);
  t.deepEqual(endpointsFor('localhost:5000', config), [
    {
      host: 'localhost:5000',
      baseUrls: ['https://localhost:5000', 'http://localhost:5000'],
      insecure: true,
      mirror: false,
    },
  ]);
});

test('mirrors stand before Docker Hub and before nothing else', (t) => {
  const config = { mirrors: ['http://127.0.0.1:5001/', 'https://m.example.com/hub'], insecureRegistries: [] };
  t.deepEqual(
    endpointsFor('docker.io', config).map(({ baseUrls, insecure, mirror }) => [baseUrls[0], insecure, mirror]),
    [
      ['http://127.0.0.1:5001', true, true],
      ['https://m.example.com/hub', false, true],
      ['https://registry-1.docker.io', false, false],
    ],
  );
  t.is(endpointsFor('quay.io', config).length, 1);
});

for (const text of ['mirror', 'ftp://x', 'http://x?y', 'http://u@x', 'http://x#y', '']) {
  test(`${JSON.stringify(text)} is no mirror`, (t) => {
    t.throws(() => checkMirror(text), { code: 'invalid' });
  });
}

for (const text of ['http://x', '', 'host/path', '10.0.0.0/x', '10.0.0.0/33', '300.0.0.0/8', 'a b', 'host:x', '-a']) {
  test(`${JSON.stringify(text)} is no insecure registry`, (t) => {
    t.throws(() => checkInsecureRegistry(text), { code: 'invalid' });
  });
}

for (const text of [
  'host',
  'host:5000',
  'a.b-c.example:443',
  '10.0.0.0/8',
  'fd00::/8',
  '[::1]:5000',
  '127.0.0.1:5000',
]) {
  test(`${text} is an insecure registry`, (t) => {
    t.is(checkInsecureRegistry(text), text);
  });
}
