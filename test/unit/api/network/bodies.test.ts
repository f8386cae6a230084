import test from 'ava';
import {
  parseConnect,
  parseDisconnect,
  parseEndpoint,
  parseNetworkCreate,
} from '../../../../src/api/network/bodies.ts';
import { TskerError } from '../../../../src/util/errors.ts';

test('what a create leaves out has Docker’s defaults; null counts as left out', (t) => {
  const complete = {
    ...{ Name: 'n', Driver: 'bridge', EnableIPv4: true, EnableIPv6: false, Internal: false, Attachable: false },
    IPAM: { Driver: 'default', Options: null, Config: [] },
    ...{ Options: {}, Labels: {} },
  };
  t.deepEqual(parseNetworkCreate({ Name: 'n' }), complete);
  t.deepEqual(
    parseNetworkCreate({ Name: 'n', Driver: '', IPAM: null, Options: null, Labels: null, EnableIPv4: null }),
    complete,
  );
});

test('empty fields of a subnet are none', (t) => {
  const body = {
    Name: 'n',
    IPAM: { Config: [{ Subnet: '10.0.0.0/24', Gateway: '', IPRange: null, AuxiliaryAddresses: {} }] },
  };
  t.deepEqual(parseNetworkCreate(body).IPAM.Config, [{ Subnet: '10.0.0.0/24' }]);
});

test('endpoints are what a client may set, and nothing of what the engine says', (t) => {
  t.deepEqual(
    parseEndpoint({ Aliases: ['a'], IPAddress: '1.2.3.4', IPAMConfig: { IPv4Address: '10.0.0.2', IPv6Address: '' } }),
    {
      ...{ IPAMConfig: { IPv4Address: '10.0.0.2' }, Links: [], Aliases: ['a'], DriverOpts: {}, GwPriority: 0 },
    },
  );
});

for (const [what, parse] of [
  ['no body', () => parseNetworkCreate(undefined)],
  ['a name that is a number', () => parseNetworkCreate({ Name: 7 })],
  ['options that are a list', () => parseNetworkCreate({ Name: 'n', Options: [] })],
  ['a label that is no text', () => parseNetworkCreate({ Name: 'n', Labels: { a: 1 } })],
  ['subnets that are no list', () => parseNetworkCreate({ Name: 'n', IPAM: { Config: {} } })],
  ['a subnet that is no object', () => parseNetworkCreate({ Name: 'n', IPAM: { Config: ['10.0.0.0/8'] } })],
  ['a flag that is a text', () => parseNetworkCreate({ Name: 'n', Internal: 'yes' })],
  ['no container', () => parseConnect({})],
  ['an endpoint that is a list', () => parseConnect({ Container: 'c', EndpointConfig: [] })],
  ['aliases that are numbers', () => parseEndpoint({ Aliases: [1] })],
  ['a priority that is no whole number', () => parseEndpoint({ GwPriority: 1.5 })],
  ['a force that is a number', () => parseDisconnect({ Container: 'c', Force: 1 })],
] as const) {
  test(`${what} is refused`, (t) => {
    t.is(t.throws(parse, { instanceOf: TskerError })?.code, 'invalid');
  });
}

test('networks of a swarm are not there', (t) => {
  for (const body of [{ Ingress: true }, { ConfigOnly: true }, { ConfigFrom: { Network: 'x' } }]) {
    t.is(
      t.throws(() => parseNetworkCreate({ Name: 'n', ...body }), { instanceOf: TskerError })?.code,
      'not_implemented',
    );
  }
});
