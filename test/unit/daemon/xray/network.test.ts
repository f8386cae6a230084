// A container's network put together from dumps: the other end of its link, and the rules that concern it.
import test from 'ava';
import { describeNetwork, type NetworkSight } from '../../../../src/daemon/xray/network.ts';
import { parseCidr } from '../../../../src/network/address.ts';

const link = (index: number, name: string, more: Partial<NetworkSight['links'][number]> = {}) => ({
  ...{ index, name, kind: undefined, up: true, mac: undefined, mtu: 1500, peer: undefined, master: undefined },
  ...more,
});

const rule = (handle: number, more: Partial<NetworkSight['rules'][number]>) => ({
  ...{ family: 'ip', table: 'tsker', chain: 'forward', handle, text: `rule ${handle}`, comment: undefined },
  ...{ interfaces: [], networks: [] },
  ...more,
});

const SIGHT: NetworkSight = {
  links: [link(1, 'lo'), link(7, 'eth0', { kind: 'veth', peer: 9, mac: '02:00:00:00:00:01' })],
  addresses: [
    { index: 1, ...parseCidr('127.0.0.1/8') },
    { index: 7, ...parseCidr('10.1.0.5/24') },
  ],
  routes: [
    { destination: 'default', gateway: '10.1.0.1', link: 7 },
    { destination: '10.1.0.0/24', gateway: undefined, link: 7 },
  ],
  hostLinks: [
    link(7, 'eth0', { kind: 'veth', peer: 3 }),
    link(9, 'vethabc', { kind: 'veth', peer: 7, master: 4 }),
    link(4, 'tsker0', { kind: 'bridge' }),
  ],
  rules: [
    rule(1, { interfaces: ['tsker0'] }),
    rule(2, { interfaces: ['other0'] }),
    rule(3, { networks: [parseCidr('10.1.0.0/16')] }),
    rule(4, { networks: [parseCidr('10.2.0.0/16')] }),
    rule(5, {}),
    rule(6, { table: 'elsewhere' }),
    rule(7, { networks: [parseCidr('127.0.0.0/8')] }),
  ],
};

test('the other end of a link is the veth of the host that names it, with its bridge', (t) => {
  const [, eth0] = describeNetwork(SIGHT).links;
  t.deepEqual(eth0?.peer, { index: 9, name: 'vethabc', bridge: 'tsker0' });
  t.deepEqual(eth0?.addresses, ['10.1.0.5/24']);
});

test('a veth of the host that only has the same number is not taken for it', (t) => {
  const { links } = describeNetwork({ ...SIGHT, hostLinks: [link(9, 'vethxyz', { kind: 'veth', peer: 8 })] });
  t.is(links[1]?.peer, undefined);
});

test('routes name their links', (t) => {
  t.deepEqual(describeNetwork(SIGHT).routes, [
    { destination: 'default', gateway: '10.1.0.1', link: 'eth0' },
    { destination: '10.1.0.0/24', link: 'eth0' },
  ]);
});

test('rules concern it that name its bridge or a network of it, and what their table asks of everybody', (t) => {
  t.deepEqual(
    describeNetwork(SIGHT).rules.map(({ handle }) => handle),
    [1, 3, 5],
  );
});
