// Needs: root, network namespaces, ip and nft (to look), python3. The kernel is real; "the host" is a namespace, so that
// nothing of the machine is touched.
import { join } from 'node:path';
import test from 'ava';
import type { EndpointConfig } from '../../src/network/network.ts';
import { TskerError } from '../../src/util/errors.ts';
import { NFT } from '../helpers/host.ts';
import type { Netns } from '../helpers/netns.ts';
import { attachRequest, makeOutside, makeWorld } from '../helpers/network-world.ts';
import { ok } from '../helpers/run.ts';
import { waitFor } from '../helpers/wait.ts';

const BIP = '10.0.9.1/24';
const DAEMON = 'daemon';

async function reaches(from: Netns, address: string): Promise<boolean> {
  return (await from.run('/bin/busybox', 'ping', '-c', '1', '-W', '2', address)).code === 0;
}

test('containers have an address, a MAC made of it, loopback, a default route, and no IPv6', async (t) => {
  const world = await makeWorld(t);
  const box = await world.container(world.start({ bip: BIP }), 'a');
  const [endpoint] = box.attachment.endpoints;
  t.like(endpoint, {
    ...{ networkName: 'bridge', address: '10.0.9.2', prefixLength: 24, gateway: '10.0.9.1' },
    macAddress: '02:42:0a:00:09:02',
  });
  const link = await box.ok('ip', 'addr', 'show', 'eth0');
  t.regex(link, /link\/ether 02:42:0a:00:09:02/);
  t.regex(link, /inet 10\.0\.9\.2\/24 brd 10\.0\.9\.255/);
  t.notRegex(link, /inet6/);
  t.regex(await box.ok('ip', 'addr', 'show', 'lo'), /inet 127\.0\.0\.1\/8/);
  t.is((await box.ok('ip', 'route', 'show', 'default')).trim(), 'default via 10.0.9.1 dev eth0');
});

test('containers on one bridge reach each other and the host', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: BIP });
  const first = await world.container(network, 'a');
  const second = await world.container(network, 'b');
  t.true(await reaches(first, second.address));
  t.true(await reaches(second, first.address));
  t.true(await reaches(first, '10.0.9.1'));
  t.true(await reaches(world.host, first.address));
});

test('containers reach outside under the address of the host, and nothing from outside reaches one uninvited', async (t) => {
  const world = await makeWorld(t);
  const box = await world.container(world.start({ bip: BIP }), 'a');
  const outside = await makeOutside(t, world.host);
  t.true(await reaches(box, '203.0.113.2'));
  t.regex(await world.host.ok(NFT, 'list', 'ruleset'), /masquerade/);
  t.false(await reaches(outside, box.address));
  await outside.ok('ip', 'route', 'add', '10.0.9.0/24', 'via', '203.0.113.1');
  t.false(await reaches(outside, box.address));
});

test('two daemons on one host have a bridge, a subnet and a table each', async (t) => {
  const world = await makeWorld(t);
  const first = await world.container(world.start({ bip: BIP }), 'a');
  const second = await world.container(world.start({ bip: '10.0.10.1/24', bridge: 'other0' }), 'b');
  t.is((await world.host.ok(NFT, 'list', 'tables')).split('\n').length, 2);
  await makeOutside(t, world.host);
  t.true(await reaches(first, '203.0.113.2'));
  t.true(await reaches(second, '203.0.113.2'));
  t.false(await reaches(first, second.address));
});

test('undoing the ledger leaves nothing on the host', async (t) => {
  const world = await makeWorld(t);
  const before = await world.visible();
  const network = world.start({ bip: BIP });
  t.not(await world.visible(), before);
  await network.close();
  await world.ledger.undo(DAEMON);
  t.is(await world.visible(), before);
  t.deepEqual(world.ledger.list(), []);
});

test('undoing tolerates that it was never made, and that it is gone', async (t) => {
  const world = await makeWorld(t);
  await world.start({ bip: BIP }).close();
  await world.host.ok('ip', 'link', 'del', world.bridge);
  await world.host.ok(NFT, 'flush', 'ruleset');
  await t.notThrowsAsync(world.ledger.undo(DAEMON));
});

test('the bridge of a daemon that was killed is taken over, and recorded once', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: BIP });
  const before = await world.visible();
  const again = world.start({ bip: BIP });
  t.is(await world.visible(), before);
  t.is(world.ledger.list().length, 2);
  t.deepEqual(again.list(), network.list());
});

test('a bridge of ours gets another address when another is asked for', async (t) => {
  const world = await makeWorld(t);
  world.start({ bip: BIP });
  world.start({ bip: '10.0.11.1/24' });
  const links = await world.host.ok('ip', '-br', 'addr', 'show', world.bridge);
  t.regex(links, /10\.0\.11\.1\/24/);
  t.notRegex(links, /10\.0\.9\.1/);
});

test('a bridge that was begun and got no address is made anew', async (t) => {
  const world = await makeWorld(t);
  world.start({ bip: BIP });
  await world.host.ok('ip', 'addr', 'flush', 'dev', world.bridge);
  world.start({ bip: BIP });
  t.regex(await world.host.ok('ip', '-br', 'addr', 'show', world.bridge), /10\.0\.9\.1\/24/);
});

test('somebody else’s bridge is used as it is, and left alone when we go', async (t) => {
  const world = await makeWorld(t);
  await world.host.ok('ip', 'link', 'add', 'br0', 'type', 'bridge');
  await world.host.ok('ip', 'addr', 'add', '10.0.12.1/24', 'dev', 'br0');
  const box = await world.container(world.start({ bridge: 'br0' }), 'a');
  t.is(box.address, '10.0.12.2');
  t.true(await reaches(box, '10.0.12.1'));
  await world.ledger.undo(DAEMON);
  t.regex(await world.host.ok('ip', '-br', 'addr', 'show', 'br0'), /10\.0\.12\.1\/24/);
});

test('somebody else’s bridge without the address asked for is a conflict', async (t) => {
  const world = await makeWorld(t);
  await world.host.ok('ip', 'link', 'add', 'br0', 'type', 'bridge');
  const error = t.throws(() => world.start({ bridge: 'br0', bip: BIP }), { instanceOf: TskerError });
  t.is(error?.code, 'conflict');
  t.regex(error?.message ?? '', /bridge br0 .* the address 10\.0\.9\.1\/24/);
});

test('an interface that is no bridge is a conflict', async (t) => {
  const world = await makeWorld(t);
  await world.host.ok('ip', 'link', 'add', 'ether7', 'type', 'veth', 'peer', 'name', 'ether8');
  const error = t.throws(() => world.start({ bridge: 'ether7', bip: BIP }), { instanceOf: TskerError });
  t.regex(error?.message ?? '', /is no bridge/);
});

test('a subnet that the host uses already is a conflict, and nothing is made', async (t) => {
  const world = await makeWorld(t);
  world.start({ bip: BIP });
  const before = await world.visible();
  const error = t.throws(() => world.start({ bip: '10.0.9.200/24', bridge: 'other0' }), { instanceOf: TskerError });
  t.is(error?.code, 'conflict');
  t.is(await world.visible(), before);
});

test('without --bip the bridge takes a free subnet, and keeps it over a restart', async (t) => {
  const world = await makeWorld(t);
  await world.host.ok('ip', 'link', 'add', 'lan', 'up', 'type', 'veth', 'peer', 'name', 'lan-peer');
  await world.host.ok('ip', 'addr', 'add', '172.17.4.1/24', 'dev', 'lan');
  world.start();
  t.regex(await world.host.ok('ip', '-br', 'addr', 'show', world.bridge), /172\.18\.0\.1\/16/);
  await world.ledger.undo(DAEMON);
  await world.host.ok('ip', 'link', 'del', 'lan');
  world.start();
  t.regex(await world.host.ok('ip', '-br', 'addr', 'show', world.bridge), /172\.18\.0\.1\/16/);
});

test('an MTU asked for is that of the bridge and of both ends of a container’s link', async (t) => {
  const world = await makeWorld(t);
  const box = await world.container(world.start({ bip: BIP, mtu: 1400 }), 'a');
  t.regex(await box.ok('ip', 'link', 'show', 'eth0'), /mtu 1400/);
  t.is((await world.host.ok('ip', '-o', 'link')).match(/mtu 1400/g)?.length, 2);
});

test('a container’s link goes with its namespace', async (t) => {
  const world = await makeWorld(t);
  const box = await world.container(world.start({ bip: BIP }), 'a');
  const links = (): Promise<string> => world.host.ok('ip', '-br', 'link', 'show', 'type', 'veth');
  t.not(await links(), '');
  await ok(['ip', 'netns', 'del', box.name]);
  // The kernel takes namespaces down in the background.
  await t.notThrowsAsync(waitFor('the link to vanish', async () => (await links()) === ''));
});

test('forwarding is switched on, and left alone where it is on', async (t) => {
  const world = await makeWorld(t);
  world.start({ bip: BIP });
  t.is(world.written.get('/proc/sys/net/ipv4/ip_forward'), '1');
});

test('where forwarding cannot be switched on, a warning says what will not work', async (t) => {
  const world = await makeWorld(t);
  const files = {
    read: () => '0\n',
    write: () => {
      throw new Error('read-only file system');
    },
  };
  world.start({ bip: BIP, files });
  t.regex(world.warnings.join('\n'), /IPv4 forwarding.*read-only file system/);
});

test('a kernel without nf_tables is gone without, with a warning', async (t) => {
  const world = await makeWorld(t);
  const box = await world.container(world.start({ bip: BIP, nftables: false }), 'a');
  t.regex(world.warnings.join('\n'), /no nf_tables/);
  t.is(await world.host.ok(NFT, 'list', 'ruleset'), '');
  t.true(await reaches(box, '10.0.9.1'));
});

test('a chain of somebody else’s that drops what is forwarded is named in a warning', async (t) => {
  const world = await makeWorld(t);
  world.start({ bip: BIP });
  t.deepEqual(world.warnings, []);
  await world.host.ok(
    NFT,
    'add table inet guard; add chain inet guard in { type filter hook input priority 0; policy drop; }',
  );
  await world.host.ok(
    NFT,
    'add table ip6 six; add chain ip6 six onward { type filter hook forward priority 0; policy drop; }',
  );
  await world.host.ok(NFT, 'add chain inet guard onward { type filter hook forward priority 0; policy drop; }');
  world.start({ bip: BIP });
  t.is(world.warnings.length, 1);
  t.regex(world.warnings[0] ?? '', /chain guard\/onward drops/);
});

function wish(macAddress: string): EndpointConfig {
  return { network: 'bridge', aliases: [], links: [], gatewayPriority: 0, macAddress };
}

test('an address given back is free again, one still held is not', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: '10.0.9.1/30' });
  network.attach(attachRequest('a', 'default'));
  t.throws(() => network.attach(attachRequest('b', 'bridge')), { message: /no available IPv4 addresses/ });
  network.detach('a');
  t.is(network.attach(attachRequest('b', 'bridge')).endpoints[0]?.address, '10.0.9.2');
});

test('a MAC asked for is used, a wrong one takes no address', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: '10.0.9.1/30' });
  t.throws(() => network.attach({ ...attachRequest('a'), endpoints: [wish('nonsense')] }), {
    instanceOf: TskerError,
  });
  const macAddress = '02:00:00:00:00:07';
  t.is(network.attach({ ...attachRequest('b'), endpoints: [wish(macAddress)] }).endpoints[0]?.macAddress, macAddress);
});

test('host, none and an unknown network', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: BIP });
  const host = network.attach(attachRequest('a', 'host'));
  t.is(host.namespace, 'host');
  t.deepEqual(host.setup({ hostNetlink: 5, netns: 6, sockets: 7 }), []);
  t.like(host.endpoints[0], { networkName: 'host', address: '', gateway: '' });
  const none = network.attach(attachRequest('b', 'none'));
  t.is(none.namespace, 'new');
  t.is(none.setup({ hostNetlink: 5, netns: 6, sockets: 7 }).length, 1);
  const error = t.throws(() => network.attach(attachRequest('c', 'nowhere')), {
    instanceOf: TskerError,
  });
  t.is(error?.code, 'not_found');
});

test('the networks are listed as Docker lists its own, with ids that stay', async (t) => {
  const world = await makeWorld(t);
  const networks = world.start({ bip: BIP }).list();
  t.deepEqual(
    networks.map(({ name, driver, definition }) => [name, driver, definition.scope]),
    [
      ['bridge', 'bridge', 'local'],
      ['host', 'host', 'local'],
      ['none', 'null', 'local'],
    ],
  );
  t.true(networks.every(({ id }) => /^[0-9a-f]{64}$/.test(id)));
});

test('--bridge none: no bridge is made, and containers have no network unless they ask for the host’s', async (t) => {
  const world = await makeWorld(t);
  const before = await world.visible();
  const network = world.start({ bridge: 'none' });
  t.is(await world.visible(), before);
  t.is(network.attach(attachRequest('a', 'default')).endpoints[0]?.networkName, 'none');
  t.deepEqual(
    network.list().map(({ name }) => name),
    ['host', 'none'],
  );
});

for (const bridge of ['', 'a/b', 'a b', 'much-too-long-name', 'br%d', '..']) {
  test(`--bridge ${JSON.stringify(bridge)} is refused`, async (t) => {
    const world = await makeWorld(t);
    t.is(t.throws(() => world.start({ bridge }), { instanceOf: TskerError })?.code, 'invalid');
  });
}

test('the files for a container are made of the host’s', async (t) => {
  const world = await makeWorld(t);
  const network = world.start({ bip: BIP });
  world.written.set('/etc/hosts', '127.0.0.1 localhost me\n');
  world.written.set('/etc/resolv.conf', 'nameserver 127.0.0.53\n');
  world.written.set('/run/systemd/resolve/resolv.conf', 'nameserver 192.0.2.53\n');
  const { endpoints } = network.attach(attachRequest('a', 'bridge'));
  const names = { hostname: 'box', domainname: '', extraHosts: [], links: [] };
  t.regex(network.hostsFile({ ...names, endpoints, mode: 'bridge' }), /10\.0\.9\.2\tbox\n$/);
  t.is(network.hostsFile({ ...names, endpoints: [], mode: 'host' }), '127.0.0.1 localhost me\n');
  const servers = { dns: [], dnsSearch: [], dnsOptions: [], endpoints: [] };
  t.is(network.resolvConf({ ...servers, mode: 'bridge' }), 'nameserver 192.0.2.53\n');
  t.is(network.resolvConf({ ...servers, mode: 'host' }), 'nameserver 127.0.0.53\n');
});

test('the native library carries all of it: a process in a namespace of its own reaches the host, and nothing stays', async (t) => {
  const world = await makeWorld(t);
  const before = await world.visible();
  const fixture = join(import.meta.dirname, '../fixtures/network/native-start.ts');
  const script = 'ip -o addr show eth0 && ip route && exec /bin/busybox ping -c 1 -W 2 10.0.9.1';
  const result = await world.host.run(process.execPath, fixture, BIP, '/bin/sh', '-c', script);
  t.is(result.code, 0, result.stderr);
  t.regex(result.stdout, /eth0 +inet 10\.0\.9\.2\/24/);
  t.regex(result.stdout, /default via 10\.0\.9\.1/);
  t.regex(result.stdout, /1 packets received/);
  // The link goes a moment after its namespace, and the bridge with its rules by the ledger.
  await t.notThrowsAsync(waitFor('the host to be as before', async () => (await world.visible()) === before));
});
