import test from 'ava';
import { formatAddress } from '../../../../src/network/address.ts';
import { type PortWishes, parsePort, wantedPorts } from '../../../../src/network/ports/wanted.ts';

function words(wishes: Partial<PortWishes>): string[] {
  return wantedPorts({ bindings: {}, exposed: [], all: false, ...wishes }).map(
    ({ containerPort, protocol, hostAddress, hostPorts }) =>
      [
        `${containerPort}/${protocol}`,
        hostAddress === undefined ? '*' : formatAddress(hostAddress),
        hostPorts === undefined ? 'any' : `${hostPorts.first}-${hostPorts.last}`,
      ].join(' '),
  );
}

test('ports that are bound come in the order of their numbers, with what was asked for', (t) => {
  const bindings = {
    '443/tcp': [{ HostIp: '127.0.0.1', HostPort: '8443' }],
    '80/tcp': [
      { HostIp: '', HostPort: '8080' },
      { HostIp: '::1', HostPort: '8080-8090' },
    ],
    '53/udp': [{ HostIp: '', HostPort: '' }],
    '54/udp': null,
  };
  t.deepEqual(words({ bindings }), [
    '53/udp * any',
    '80/tcp * 8080-8080',
    '80/tcp ::1 8080-8090',
    '443/tcp 127.0.0.1 8443-8443',
  ]);
});

test('--publish-all adds what is exposed and not bound', (t) => {
  const bindings = { '80/tcp': [{ HostIp: '', HostPort: '8080' }] };
  const exposed = ['80/tcp', '80/udp', '90'];
  t.deepEqual(words({ bindings, exposed, all: true }), ['80/tcp * 8080-8080', '80/udp * any', '90/tcp * any']);
  t.deepEqual(words({ bindings, exposed }), ['80/tcp * 8080-8080']);
});

for (const [text, message] of [
  ['x', 'invalid port specification: "x"'],
  ['65536/tcp', 'invalid port specification: "65536/tcp"'],
  ['80/tcp/x', 'invalid port specification: "80/tcp/x"'],
  ['80/icmp', 'invalid proto: icmp'],
] as const) {
  test(`the port ${text} is refused`, (t) => {
    t.throws(() => parsePort(text), { message });
  });
}

for (const [binding, message] of [
  [{ HostIp: 'here', HostPort: '80' }, 'invalid IP address: here'],
  [{ HostIp: '', HostPort: '90-80' }, 'invalid port specification: "90-80"'],
  [{ HostIp: '', HostPort: '70000' }, 'invalid port specification: "70000"'],
  [{ HostIp: '', HostPort: '-1' }, 'invalid port specification: "-1"'],
] as const) {
  test(`the binding ${JSON.stringify(binding)} is refused`, (t) => {
    t.throws(() => words({ bindings: { '80/tcp': [binding] } }), { message });
  });
}
