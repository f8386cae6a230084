// Needs: root, network namespaces, ip and nft (to look), python3. Networks of the user's own on a host that is a namespace, with a
// world outside of it; ipvlan and VLANs only where the kernel has them.
import test from 'ava';
import type { NetworkRequest } from '../../src/network/definition.ts';
import type { EndpointConfig } from '../../src/network/network.ts';
import { TskerError } from '../../src/util/errors.ts';
import { NFT } from '../helpers/host.ts';
import { makeNetns, type Netns } from '../helpers/netns.ts';
import { makeOutside, makeWorld, type World } from '../helpers/network-world.ts';
import { ok } from '../helpers/run.ts';

const BIP = '10.0.9.1/24';

async function reaches(from: Netns, address: string, family = '-4'): Promise<boolean> {
  return (await from.run('/bin/busybox', 'ping', family, '-c', '1', '-W', '2', address)).code === 0;
}

function wish(name: string, change: Partial<NetworkRequest> = {}): NetworkRequest {
  return {
    ...{ name, driver: 'bridge', internal: false, attachable: false, enableIPv4: true, enableIPv6: false },
    ipam: { driver: 'default', options: null, config: [] },
    ...{ options: {}, labels: {}, ...change },
  };
}

function on(network: string, change: Partial<EndpointConfig> = {}): EndpointConfig {
  return { network, aliases: [], links: [], gatewayPriority: 0, ...change };
}

/** Writes of the host's files happen in the namespace. */
function filesOf({ host }: World) {
  return { read: () => '', write: (path: string, text: string) => host.write(path, text) };
}

test('containers on a network reach outside under the address of the host, and are reached by nobody', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: BIP });
  await network.create(wish('one'));
  await network.create(wish('two', { internal: true }));
  await network.create(wish('bare', { options: { 'com.docker.network.bridge.enable_ip_masquerade': 'false' } }));
  const [box, shut, bare] = [
    await world.container(network, 'a', [on('one')]),
    await world.container(network, 'b', [on('two')]),
    await world.container(network, 'c', [on('bare')]),
  ];
  const outside = await makeOutside(t, world.host);
  t.true(await reaches(box, '203.0.113.2'));
  t.false(await reaches(shut, '203.0.113.2'));
  // The world outside does not know the way back to an address that was not exchanged.
  t.false(await reaches(bare, '203.0.113.2'));
  await outside.ok('ip', 'route', 'add', '172.16.0.0/12', 'via', '203.0.113.1');
  t.true(await reaches(bare, '203.0.113.2'));
  for (const one of [box, shut, bare]) t.false(await reaches(outside, one.address));
});

test('--icc=false and --ip-masq=false are about the default bridge', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: BIP, icc: false, ipMasq: false });
  const one = await world.container(network, 'a');
  const two = await world.container(network, 'b');
  t.true(await reaches(one, '10.0.9.1'));
  t.false(await reaches(one, two.address));
  await makeOutside(t, world.host);
  t.false(await reaches(one, '203.0.113.2'));
});

test('a container on several networks has its default route by priority, and moves it when that one goes', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: BIP });
  for (const name of ['aaa', 'bbb', 'ccc']) await network.create(wish(name, { internal: name === 'aaa' }));
  const box = await world.container(network, 'a', [on('aaa'), on('bbb'), on('ccc', { gatewayPriority: 1 })]);
  const gatewayOf = (name: string): string => network.find(name).definition.ipam.config[0]?.gateway ?? '';
  const route = (): Promise<string> => box.ok('ip', 'route', 'show', 'default');
  t.is((await route()).trim(), `default via ${gatewayOf('ccc')} dev eth2`);
  const { endpoints } = box.attachment;
  const change = network.disconnect({ containerId: 'a', networkId: network.find('ccc').id, endpoints });
  world.change(box, change.setup);
  t.is((await route()).trim(), `default via ${gatewayOf('bbb')} dev eth1`);
  t.notRegex(await box.ok('ip', '-br', 'link'), /eth2/);
  const effects = { record: () => undefined };
  const names = { containerId: 'a', name: 'a', hostname: 'a' };
  const back = { ...names, config: on('ccc', { gatewayPriority: 9 }), endpoints: change.endpoints, dns: [], effects };
  network.leave('a', network.find('ccc').id);
  world.change(box, network.connect(back).setup);
  t.is((await route()).trim(), `default via ${gatewayOf('ccc')} dev eth2`);
});

test('with IPv6 containers have both families, and reach outside with both', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: BIP, files: filesOf(world) });
  await network.create(
    wish('six', { enableIPv6: true, ipam: { driver: 'default', options: null, config: [{ subnet: 'fd00:9::/64' }] } }),
  );
  const one = await world.container(network, 'a', [on('six')]);
  const two = await world.container(network, 'b', [on('six')]);
  t.is(one.attachment.endpoints[0]?.address6, 'fd00:9::2');
  t.true(await reaches(one, 'fd00:9::3', '-6'));
  t.true(await reaches(one, two.address));
  const outside = await makeOutside(t, world.host);
  await world.host.ok('ip', 'addr', 'add', '2001:db8::1/64', 'dev', 'uplink', 'nodad');
  await outside.ok('ip', 'addr', 'add', '2001:db8::2/64', 'dev', 'uplink', 'nodad');
  t.true(await reaches(one, '2001:db8::2', '-6'));
  await outside.ok('ip', 'route', 'add', 'fd00:9::/64', 'via', '2001:db8::1');
  t.false(await reaches(outside, 'fd00:9::2', '-6'));
  t.regex(await world.host.ok(NFT, 'list', 'tables'), /table ip6 tsker-/);
});

test('a network of IPv6 alone', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: BIP, files: filesOf(world) });
  const config = [{ subnet: 'fd00:a::/64' }];
  await network.create(
    wish('only', { enableIPv4: false, enableIPv6: true, ipam: { driver: 'default', options: null, config } }),
  );
  const one = await world.container(network, 'a', [on('only')]);
  await world.container(network, 'b', [on('only')]);
  t.like(one.attachment.endpoints[0], { address: '', address6: 'fd00:a::2' });
  t.true(await reaches(one, 'fd00:a::3', '-6'));
});

/** A link of the host's that a neighbour is on the other end of, 192.0.2.0/24. */
async function makeLan(t: Parameters<typeof makeNetns>[0], host: Netns): Promise<Netns> {
  const neighbour = await makeNetns(t, 'lan');
  await ok([
    'ip',
    '-n',
    host.name,
    'link',
    'add',
    'lan0',
    'type',
    'veth',
    'peer',
    'name',
    'lan0',
    'netns',
    neighbour.name,
  ]);
  await host.ok('ip', 'link', 'set', 'lan0', 'up');
  await neighbour.ok('ip', 'addr', 'add', '192.0.2.1/24', 'dev', 'lan0');
  await neighbour.ok('ip', 'link', 'set', 'lan0', 'up');
  return neighbour;
}

const LAN = {
  driver: 'default',
  options: null,
  config: [{ subnet: '192.0.2.0/24', ipRange: '192.0.2.64/26', gateway: '192.0.2.1' }],
};

/** Sends a datagram that must not be cut, again until the path's MTU is known; answers what the kernel believes then. */
const PATH_MTU = `
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO
s.connect((sys.argv[1], 9))
for _ in range(100):
    try:
        s.send(bytes(int(sys.argv[2])))
    except OSError:
        break
    time.sleep(0.02)
print(s.getsockopt(socket.IPPROTO_IP, 14))  # IP_MTU
`;

test('an MTU asked for holds what is sent, and a container learns of a narrower path outside', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: BIP });
  await network.create(wish('narrow', { options: { 'com.docker.network.driver.mtu': '1400' } }));
  const one = await world.container(network, 'a', [on('narrow')]);
  const two = await world.container(network, 'b', [on('narrow')]);
  const box = await world.container(network, 'c');
  const outside = await makeOutside(t, world.host);
  for (const netns of [world.host, outside]) await netns.ok('ip', 'link', 'set', 'uplink', 'mtu', '1300');
  const mtuTo = async (from: Netns, address: string, size: number): Promise<string> =>
    (await from.ok('python3', '-c', PATH_MTU, address, String(size))).trim();
  t.is(await mtuTo(one, two.address, 1373), '1400', '28 bytes are headers');
  t.is(await mtuTo(box, '203.0.113.2', 1400), '1300', 'through the masquerading');
  const ping = ['ping', '-c', '1', '-W', '2', '-M', 'do', '-s'];
  t.is((await one.run(...ping, '1372', two.address)).code, 0);
  t.not((await one.run(...ping, '1373', two.address)).code, 0);
});

test('macvlan: containers are neighbours of the host’s neighbours, with MACs of their own', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: BIP });
  const neighbour = await makeLan(t, world.host);
  await network.create(wish('lan', { driver: 'macvlan', options: { parent: 'lan0' }, ipam: LAN }));
  const one = await world.container(network, 'a', [on('lan')]);
  const two = await world.container(network, 'b', [on('lan', { ipv4: '192.0.2.9', macAddress: '02:00:00:00:00:09' })]);
  t.is(one.address, '192.0.2.64');
  t.true(await reaches(one, '192.0.2.1'));
  t.true(await reaches(neighbour, '192.0.2.9'));
  t.true(await reaches(one, two.address));
  t.regex(await neighbour.ok('ip', 'neigh'), /192\.0\.2\.9 .*02:00:00:00:00:09/);
  t.is((await one.ok('ip', 'route', 'show', 'default')).trim(), 'default via 192.0.2.1 dev eth0');
});

test('macvlan in private mode keeps containers apart', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: BIP });
  await makeLan(t, world.host);
  await network.create(
    wish('lan', { driver: 'macvlan', options: { parent: 'lan0', macvlan_mode: 'private' }, ipam: LAN }),
  );
  const one = await world.container(network, 'a', [on('lan')]);
  const two = await world.container(network, 'b', [on('lan')]);
  t.true(await reaches(one, '192.0.2.1'));
  t.false(await reaches(one, two.address));
});

for (const mode of ['l2', 'l3'] as const) {
  test(`ipvlan in mode ${mode}, or the reason why not`, async (t) => {
    const world = await makeWorld(t);
    const network = world.start({ bip: BIP });
    const neighbour = await makeLan(t, world.host);
    await network.create(wish('lan', { driver: 'ipvlan', options: { parent: 'lan0', ipvlan_mode: mode }, ipam: LAN }));
    const probe = await world.host.run(
      'ip',
      'link',
      'add',
      'link',
      'lan0',
      'name',
      'probe',
      'type',
      'ipvlan',
      'mode',
      mode,
    );
    if (probe.code !== 0) {
      await t.throwsAsync(world.container(network, 'a', [on('lan')]), { message: /EOPNOTSUPP|not supported/ });
      t.log('this kernel has no ipvlan');
      return;
    }
    await world.host.ok('ip', 'link', 'del', 'probe');
    const one = await world.container(network, 'a', [on('lan')]);
    const two = await world.container(network, 'b', [on('lan')]);
    t.true(await reaches(one, two.address));
    if (mode === 'l2') t.true(await reaches(one, '192.0.2.1'));
    else t.regex(await one.ok('ip', 'route', 'show', 'default'), /default dev eth0/);
    t.truthy(neighbour);
  });
}

test('a network whose making fails leaves nothing, in the store or on the host', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: BIP });
  const before = await world.visible();
  const parent = { driver: 'macvlan', options: { parent: 'nothing.5' } };
  await t.throwsAsync(network.create(wish('lan', parent)), { instanceOf: TskerError, message: /nothing\.5/ });
  await world.host.ok('ip', 'link', 'add', 'taken0', 'type', 'veth', 'peer', 'name', 'taken1');
  const named = { options: { 'com.docker.network.bridge.name': 'taken0' } };
  await t.throwsAsync(network.create(wish('named', named)), { instanceOf: TskerError, message: /is no bridge/ });
  await world.host.ok('ip', 'link', 'del', 'taken0');
  t.is(await world.visible(), before);
  t.is(network.list().length, 3);
});

test('after a death the networks come back with their ids, bridges and addresses; removing one leaves nothing of it', async (t) => {
  const world = await makeWorld(t);
  const first = world.start({ bip: BIP });
  const made = await first.create(wish('kept', { labels: { a: 'b' } }));
  // Without indexes, which are given once.
  const visible = async (): Promise<string> => (await world.visible()).replaceAll(/^\d+: /gm, '');
  const before = await visible();
  await first.close();
  t.not(await visible(), before);
  const again = world.start({ bip: BIP });
  t.deepEqual(again.find('kept'), made);
  t.is(await visible(), before);
  const box = await world.container(again, 'a', [on('kept')]);
  t.true(await reaches(box, made.definition.ipam.config[0]?.gateway ?? ''));
  t.true(again.isUsed(made));
  again.detach('a');
  t.false(again.isUsed(made));
  await again.remove(made);
  t.notRegex(await world.visible(), /br-/);
  t.deepEqual(world.ledger.owners(), ['a', 'daemon']);
});

test('subnets that nobody asked for avoid those of the host and of each other, and end', async (t) => {
  const world = await makeWorld(t);
  await world.host.ok('ip', 'link', 'add', 'lan', 'up', 'type', 'veth', 'peer', 'name', 'lan-peer');
  await world.host.ok('ip', 'addr', 'add', '10.77.1.1/24', 'dev', 'lan');
  const { parsePool } = await import('../../src/network/subnet.ts');
  const network = world.start({ bip: BIP, pools: [parsePool('base=10.77.0.0/22,size=24')] });
  const subnets = [];
  for (const name of ['a', 'b', 'c'])
    subnets.push((await network.create(wish(name))).definition.ipam.config[0]?.subnet);
  t.deepEqual(subnets, ['10.77.0.0/24', '10.77.2.0/24', '10.77.3.0/24']);
  await t.throwsAsync(network.create(wish('d')), {
    message: /could not find an available, non-overlapping IPv4 address pool/,
  });
});
