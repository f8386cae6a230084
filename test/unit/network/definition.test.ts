import test from 'ava';
import { formatCidr, parseCidr } from '../../../src/network/address.ts';
import { parseBridgeOptions } from '../../../src/network/bridge-options.ts';
import { completeDefinition, type NetworkRequest, type Surroundings } from '../../../src/network/definition.ts';
import { parseSubinterfaceOptions } from '../../../src/network/subinterface-options.ts';
import { DEFAULT_POOLS, freeSubnet, parsePool, withIpv6 } from '../../../src/network/subnet.ts';
import { TskerError } from '../../../src/util/errors.ts';

const around: Surroundings = {
  networks: [parseCidr('10.1.0.0/16')],
  host: [parseCidr('172.17.0.1/16')],
  pools: DEFAULT_POOLS,
};

function wish(change: Partial<NetworkRequest> = {}): NetworkRequest {
  return {
    ...{ name: 'n', driver: 'bridge', internal: false, attachable: false, enableIPv4: true, enableIPv6: false },
    ipam: { driver: 'default', options: null, config: [] },
    ...{ options: {}, labels: {}, ...change },
  };
}

function withPools(...config: NetworkRequest['ipam']['config']): Partial<NetworkRequest> {
  return { ipam: { driver: 'default', options: null, config } };
}

for (const [what, request, pools] of [
  ['nothing asked: the first default subnet that is free', {}, [{ subnet: '172.18.0.0/16', gateway: '172.18.0.1' }]],
  [
    'a subnet, whose gateway is its first address',
    withPools({ subnet: '10.5.6.7/24' }),
    [{ subnet: '10.5.6.0/24', gateway: '10.5.6.1' }],
  ],
  [
    'a range, whose first address is the gateway',
    withPools({ subnet: '10.5.0.0/16', ipRange: '10.5.9.0/24' }),
    [{ subnet: '10.5.0.0/16', ipRange: '10.5.9.0/24', gateway: '10.5.9.0' }],
  ],
  [
    'an address set aside where the gateway would be',
    withPools({ subnet: '10.5.0.0/24', auxAddresses: { a: '10.5.0.1' } }),
    [{ subnet: '10.5.0.0/24', gateway: '10.5.0.2', auxAddresses: { a: '10.5.0.1' } }],
  ],
  [
    'a gateway of one’s own',
    withPools({ subnet: '10.5.0.0/24', gateway: '10.5.0.9' }),
    [{ subnet: '10.5.0.0/24', gateway: '10.5.0.9' }],
  ],
  [
    'IPv6 with a subnet: IPv4 is chosen beside it',
    { enableIPv6: true, ...withPools({ subnet: 'fd00::/64' }) },
    [
      { subnet: 'fd00::/64', gateway: 'fd00::1' },
      { subnet: '172.18.0.0/16', gateway: '172.18.0.1' },
    ],
  ],
  [
    'IPv6 that is not switched on is left out',
    withPools({ subnet: 'fd00::/64' }),
    [{ subnet: '172.18.0.0/16', gateway: '172.18.0.1' }],
  ],
  [
    'internal macvlan: no gateway',
    { driver: 'macvlan', internal: true, ...withPools({ subnet: '10.5.0.0/24' }) },
    [{ subnet: '10.5.0.0/24' }],
  ],
] as const) {
  test(`subnets of a network: ${what}`, (t) => {
    t.deepEqual(completeDefinition(wish(request), around).ipam.config, [...pools]);
  });
}

for (const [what, request, code, message] of [
  ['no name', { name: ' ' }, 'invalid', /^invalid name/],
  ['a name of the engine’s own', { name: 'none' }, 'forbidden', /predefined none network/],
  ['a second host network', { driver: 'host' }, 'forbidden', /only one instance of "host"/],
  ['an unknown driver', { driver: 'weave' }, 'not_found', /plugin "weave" not found/],
  [
    'an unknown address manager',
    { ipam: { driver: 'dhcp', options: null, config: [] } },
    'not_found',
    /plugin "dhcp" not found/,
  ],
  ['neither family', { enableIPv4: false }, 'invalid', /IPv4 or IPv6 must be enabled/],
  ['a subnet of another network', withPools({ subnet: '10.1.2.0/24' }), 'forbidden', /Pool overlaps/],
  [
    'two subnets that overlap',
    withPools({ subnet: '10.5.0.0/16' }, { subnet: '10.5.1.0/24' }),
    'forbidden',
    /Pool overlaps/,
  ],
  ['a range outside', withPools({ subnet: '10.5.0.0/16', ipRange: '10.6.0.0/24' }), 'invalid', /not part of/],
  ['a range that is wider', withPools({ subnet: '10.5.0.0/16', ipRange: '10.0.0.0/8' }), 'invalid', /not part of/],
  ['a gateway outside', withPools({ subnet: '10.5.0.0/16', gateway: '10.6.0.1' }), 'invalid', /out of range/],
  [
    'a gateway of the other family',
    withPools({ subnet: '10.5.0.0/16', gateway: 'fd00::1' }),
    'invalid',
    /out of range/,
  ],
  [
    'an auxiliary address outside',
    withPools({ subnet: '10.5.0.0/16', auxAddresses: { a: '10.6.0.1' } }),
    'invalid',
    /out of range/,
  ],
  ['loopback addresses', withPools({ subnet: '127.1.0.0/16' }), 'invalid', /cannot have addresses/],
  ['multicast addresses', withPools({ subnet: 'ff02::/64' }), 'invalid', /cannot have addresses/],
  ['IPv6 without a subnet, where no pool has any', { enableIPv6: true }, 'not_found', /IPv6 address pool/],
] as const) {
  test(`a network with ${what} is refused`, (t) => {
    const error = t.throws(() => completeDefinition(wish(request), around), { instanceOf: TskerError });
    t.is(error?.code, code);
    t.regex(error?.message ?? '', message);
  });
}

test('options of bridges have Docker’s defaults and names', (t) => {
  t.deepEqual(parseBridgeOptions({}), {
    ...{ name: undefined, icc: true, masquerade: true, mtu: undefined, hostBinding: undefined, containerPrefix: 'eth' },
  });
  t.like(
    parseBridgeOptions({
      'com.docker.network.bridge.name': 'br7',
      'com.docker.network.bridge.enable_icc': 'F',
      'com.docker.network.bridge.enable_ip_masquerade': '0',
      'com.docker.network.driver.mtu': '9000',
      'com.docker.network.container_iface_prefix': 'net',
    }),
    { name: 'br7', icc: false, masquerade: false, mtu: 9000, containerPrefix: 'net' },
  );
});

for (const options of [
  { 'com.docker.network.bridge.name': 'much-too-long-name' },
  { 'com.docker.network.bridge.name': 'a/b' },
  { 'com.docker.network.bridge.enable_icc': 'yes' },
  { 'com.docker.network.driver.mtu': '67' },
  { 'com.docker.network.driver.mtu': '-1' },
  { 'com.docker.network.container_iface_prefix': '0 bad' },
]) {
  test(`${JSON.stringify(options)} is refused`, (t) => {
    t.is(t.throws(() => parseBridgeOptions(options), { instanceOf: TskerError })?.code, 'invalid');
  });
}

test('modes of macvlan and ipvlan, and what they mean', (t) => {
  t.like(parseSubinterfaceOptions('macvlan', {}), { kind: 'macvlan', mode: 4, layer3: false, parent: undefined });
  t.like(parseSubinterfaceOptions('ipvlan', { parent: 'eth0.7', ipvlan_mode: 'l3' }), {
    mode: 1,
    layer3: true,
    parent: 'eth0.7',
  });
  for (const options of [{ parent: 'lo' }, { parent: 'a b' }, { macvlan_mode: 'toString' }]) {
    t.throws(() => parseSubinterfaceOptions('macvlan', options), { instanceOf: TskerError });
  }
});

for (const [text, taken, expected] of [
  ['base=10.10.0.0/16,size=24', [], '10.10.0.1/24'],
  ['size=24,base=10.10.0.0/16', ['10.10.0.0/23'], '10.10.2.1/24'],
  ['base=10.10.7.0/24,size=24', ['10.10.0.0/16'], undefined],
  ['base=fd00:1::/48,size=64', ['fd00:1::/64'], 'fd00:1:0:1::1/64'],
] as const) {
  test(`of ${text} with ${taken.join() || 'nothing'} taken the next is ${expected}`, (t) => {
    const free = freeSubnet(taken.map(parseCidr), [parsePool(text)]);
    t.is(free === undefined ? undefined : formatCidr(free), expected);
  });
}

for (const text of [
  '',
  '10.0.0.0/8',
  'base=10.0.0.0/8',
  'base=10.0.0.0/16,size=8',
  'base=10.0.0.0/16,size=32',
  'base=x,size=24',
]) {
  test(`--default-address-pool ${JSON.stringify(text)} is refused`, (t) => {
    t.is(t.throws(() => parsePool(text), { instanceOf: TskerError })?.code, 'invalid');
  });
}

test('a daemon without an IPv6 pool has one of its own, always the same', (t) => {
  const pools = withIpv6(DEFAULT_POOLS, 'abcdef01234567');
  const free = freeSubnet(
    [],
    pools.filter(({ base }) => base.family === 6),
  );
  t.is(free === undefined ? undefined : formatCidr(free), 'fdab:cdef:123::1/64');
  const own = [parsePool('base=fd00:1::/48,size=64')];
  t.is(withIpv6(own, 'abcdef01234567'), own);
});
