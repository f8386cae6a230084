import test from 'ava';
import { parseHost, resolveHost } from '../../../src/client/host.ts';

const HOSTS: readonly [string, string][] = [
  ['unix:///run/x.sock', 'unix:///run/x.sock'],
  ['unix://', 'unix:///var/run/tsker.sock'],
  ['/run/x.sock', 'unix:///run/x.sock'],
  ['tcp://192.0.2.1:2375', 'tcp://192.0.2.1:2375'],
  ['tcp://example.org', 'tcp://example.org:2375'],
  ['tcp://[::1]:99', 'tcp://[::1]:99'],
  ['localhost:8080', 'tcp://localhost:8080'],
  [':8080', 'tcp://localhost:8080'],
  ['ssh://host', 'ssh://host'],
  ['ssh://me@host:22/run/x.sock', 'ssh://me@host:22/run/x.sock'],
];

for (const [text, url] of HOSTS) {
  test(`a host is understood: ${text}`, (t) => t.is(parseHost(text).url, url));
}

for (const text of [
  '',
  'ssh://',
  'ssh://-oProxyCommand=x',
  'ssh://-l@host',
  'ssh://me@host:0',
  'ssh://me:secret@host',
  'tcp://host:70000',
  'tcp://host:0',
  'tcp://a b',
  'tcp://host/path',
  'npipe:////x',
]) {
  test(`a host is refused: ${JSON.stringify(text)}`, (t) => {
    t.throws(() => parseHost(text), { message: /^invalid host/ });
  });
}

test('the flag wins over TSKER_HOST, and that over DOCKER_HOST', (t) => {
  const env = { TSKER_HOST: 'unix:///t', DOCKER_HOST: 'unix:///d' };
  t.is(resolveHost('unix:///f', env).url, 'unix:///f');
  t.is(resolveHost(undefined, env).url, 'unix:///t');
  t.is(resolveHost(undefined, { TSKER_HOST: '', DOCKER_HOST: 'unix:///d' }).url, 'unix:///d');
  t.is(resolveHost(undefined, {}).url, 'unix:///var/run/tsker.sock');
});

test('TLS changes the port and is kept in mind', (t) => {
  t.like(resolveHost('tcp://h', { DOCKER_TLS_VERIFY: '1' }), { port: 2376 });
  const tls = { ca: '/c/ca.pem', cert: '/c/cert.pem', key: '/c/key.pem', verify: true };
  const env = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/c' };
  t.like(resolveHost('tcp://h', env), { port: 2376, tls });
  t.like(resolveHost('tcp://h', env, { tlskey: '/k' }), { tls: { ...tls, key: '/k' } });
  t.like(resolveHost('tcp://h', { HOME: '/r' }, { tls: true }), {
    tls: { cert: '/r/.docker/cert.pem', verify: false },
  });
  t.like(resolveHost('tcp://h', {}), { port: 2375, tls: undefined });
});
