import test from 'ava';
import { type Address, checkExposure, parseAddress } from '../../../src/api/address.ts';
import { TskerError } from '../../../src/util/errors.ts';

const SERVED: readonly (readonly [string, Address])[] = [
  ['unix:///var/run/tsker.sock', { kind: 'unix', path: '/var/run/tsker.sock' }],
  ['tcp://127.0.0.1:2375', { kind: 'tcp', host: '127.0.0.1', port: 2375 }],
  ['tcp://localhost:1', { kind: 'tcp', host: 'localhost', port: 1 }],
  ['tcp://[::1]:2375', { kind: 'tcp', host: '::1', port: 2375 }],
  ['tcp://', { kind: 'tcp', host: 'localhost', port: 2375 }],
  ['tcp://127.0.0.1', { kind: 'tcp', host: '127.0.0.1', port: 2375 }],
  ['fd://', { kind: 'fd', fd: undefined }],
  ['fd://*', { kind: 'fd', fd: undefined }],
  ['fd://4', { kind: 'fd', fd: 4 }],
];
for (const [text, address] of SERVED) {
  test(`${text} is an address`, (t) => {
    t.deepEqual(parseAddress(text), address);
  });
}

test('with TLS the port is another', (t) => {
  t.deepEqual(parseAddress('tcp://10.0.0.1', { tls: true }), { kind: 'tcp', host: '10.0.0.1', port: 2376 });
});

for (const text of ['', 'unix://relative', 'fd://x', 'tcp://127.0.0.1:99999', '/var/run/x.sock', 'udp://a:1']) {
  test(`"${text}" is refused`, (t) => {
    t.throws(() => parseAddress(text), { instanceOf: TskerError });
  });
}

for (const text of ['tcp://0.0.0.0:2375', 'tcp://192.168.1.1:2375', 'tcp://example.org:2375', 'tcp://[::]:2375']) {
  test(`${text} is refused: whoever reaches the API is root`, (t) => {
    const address = parseAddress(text);
    const error = t.throws(() => checkExposure(address, { verified: false, allowed: false }), {
      instanceOf: TskerError,
    });
    t.regex(error?.message ?? '', /loopback/);
    t.notThrows(() => checkExposure(address, { verified: true, allowed: false }));
    t.notThrows(() => checkExposure(address, { verified: false, allowed: true }));
  });
}
