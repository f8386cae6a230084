import test from 'ava';
import { parseJsonSpec, parseSpec } from '../../../src/plugin/address.ts';

const SPECS: readonly (readonly [string, object])[] = [
  ['unix:///run/some.sock\n', { kind: 'unix', path: '/run/some.sock' }],
  ['tcp://localhost:8080', { kind: 'tcp', host: 'localhost', port: 8080, tls: undefined }],
  ['http://10.0.0.1', { kind: 'tcp', host: '10.0.0.1', port: 80, tls: undefined }],
  ['https://[::1]:9/x', { kind: 'tcp', host: '::1', port: 9, tls: { insecureSkipVerify: false } }],
];
for (const [text, address] of SPECS) {
  test(`a spec file: ${text.trim()}`, (t) => {
    t.deepEqual<unknown, unknown>(parseSpec(text), address);
  });
}

for (const text of ['', 'localhost:8080', 'unix://relative', 'ftp://x', 'tcp://', '/run/x.sock']) {
  test(`no spec file: ${JSON.stringify(text)}`, (t) => {
    t.throws(() => parseSpec(text), { message: /^the address of a plugin is none/ });
  });
}

test('a JSON file has an address and, for TLS, files; without an authority nothing is verified, as in Docker', (t) => {
  const tls = { InsecureSkipVerify: false, CAFile: '/ca', CertFile: '/cert', KeyFile: '/key' };
  t.deepEqual<unknown, unknown>(parseJsonSpec(JSON.stringify({ Name: 'x', Addr: 'https://h:1', TLSConfig: tls })), {
    kind: 'tcp',
    host: 'h',
    port: 1,
    tls: { insecureSkipVerify: false, ca: '/ca', cert: '/cert', key: '/key' },
  });
  const open = parseJsonSpec(JSON.stringify({ Addr: 'tcp://h:1', TLSConfig: {} }));
  t.like(open, { tls: { insecureSkipVerify: true } });
});

for (const text of ['', 'x', '[]', 'null', '{}', '{"Addr":1}', '{"Addr":"nothing"}']) {
  test(`no JSON file: ${text}`, (t) => {
    t.throws(() => parseJsonSpec(text), { message: /plugin/ });
  });
}
