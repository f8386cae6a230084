// Needs: root, network namespaces, VXLAN, etcd (Debian's etcd-server), curl. Two hosts, which are namespaces with a daemon each, on a
// wire that is a bridge in a third one, where etcd runs: containers of both on one network.
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import type { NetworkResource } from '../../src/types/network.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { type EtcdServer, HAS_ETCD, startEtcd } from '../helpers/etcd.ts';
import { needing } from '../helpers/needs.ts';
import { makeNetns, type Netns } from '../helpers/netns.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, start, startWithBusybox } from './daemon.harness.ts';
import { messageOf } from './volume.harness.ts';

const suite = suiteOwner(test);
const OUTSIDE = '203.0.113.254';
const SLEEP = { Cmd: ['sleep', '1000'], StopSignal: 'KILL' };
const it = needing(test.serial, { 'etcd-server': HAS_ETCD });

interface Host {
  readonly netns: Netns;
  readonly address: string;
  readonly daemon: Daemon;
}

let wire: Netns;
let etcd: EtcdServer;
let one: Host;
let two: Host;

test.before(async () => {
  if (!HAS_ETCD) return;
  wire = await makeNetns(suite, 'wire');
  await wire.ok('ip', 'link', 'set', 'lo', 'up');
  await wire.ok('ip', 'link', 'add', 'wire', 'type', 'bridge');
  await wire.ok('ip', 'addr', 'add', `${OUTSIDE}/24`, 'dev', 'wire');
  await wire.ok('ip', 'link', 'set', 'wire', 'up');
  etcd = await startEtcd(suite, wire, OUTSIDE);
  [one, two] = await Promise.all([makeHost('a', '203.0.113.1'), makeHost('b', '203.0.113.2')]);
});

test.afterEach.always((t) => {
  if (!t.passed && HAS_ETCD) t.log(one.daemon.output(), two.daemon.output());
});

async function makeHost(letter: string, address: string): Promise<Host> {
  const netns = await makeNetns(suite, `host${letter}`);
  await netns.ok('ip', 'link', 'set', 'lo', 'up');
  await wire.ok('ip', 'link', 'add', `port-${letter}`, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', netns.name);
  await wire.ok('ip', 'link', 'set', `port-${letter}`, 'master', 'wire', 'up');
  await netns.ok('ip', 'addr', 'add', `${address}/24`, 'dev', 'uplink');
  await netns.ok('ip', 'link', 'set', 'uplink', 'up');
  const daemon = await startWithBusybox(suite, {
    through: ['nsenter', `--net=${netns.path}`],
    args: [
      ...['--cluster-store', etcd.store, '--cluster-advertise', letter === 'a' ? 'uplink:2376' : `${address}:2376`],
      ...['--cluster-store-opt', 'discovery.heartbeat=1', '--cluster-store-opt', 'discovery.ttl=4'],
    ],
  });
  return { netns, address, daemon };
}

/** Names that nobody has are asked for outside, where nobody answers: at once. */
const HostConfig = { Dns: [OUTSIDE] };
const on = (network: string) => ({ ...SLEEP, HostConfig: { ...HostConfig, NetworkMode: network } });

async function exec({ daemon }: Host, name: string, ...argv: string[]): Promise<{ code: number; stdout: string }> {
  return await daemon.tsker.run(['exec', name, ...argv]);
}

async function reaches(host: Host, name: string, target: string, ...flags: string[]): Promise<boolean> {
  return (await exec(host, name, 'ping', '-c', '1', '-W', '2', ...flags, target)).code === 0;
}

async function addressOf({ daemon }: Host, name: string, network: string): Promise<string> {
  const { NetworkSettings } = await inspect<ContainerInspect>(daemon, name);
  return NetworkSettings.Networks[network]?.IPAddress ?? '';
}

async function networkOn({ daemon }: Host, name: string): Promise<NetworkResource> {
  return (await daemon.api('GET', `/networks/${name}`)).json<NetworkResource>();
}

/** Names of interfaces of overlay networks on a host. */
async function devices({ netns }: Host): Promise<string[]> {
  const links = await netns.ok('ip', '-br', 'link');
  return links.split('\n').flatMap((line) => /^(?:ov|vx)-[0-9a-f]{12}\b/.exec(line) ?? []);
}

/** Who is on the network, as one host sees it. */
async function members(host: Host): Promise<string[]> {
  const { Containers } = await networkOn(host, 'web');
  return Object.values(Containers)
    .map(({ Name }) => Name)
    .sort();
}

async function remove({ daemon }: Host, ...names: string[]): Promise<void> {
  await Promise.all(names.map((name) => daemon.api('DELETE', `/containers/${name}?force=1`)));
}

it('a network made on one host is there on the other, and no name is made twice', async (t) => {
  const created = await one.daemon.api('POST', '/networks/create', {
    Name: 'web',
    Driver: 'overlay',
    IPAM: { Config: [{ Subnet: '10.77.0.0/24' }] },
    Labels: { tier: 'front' },
  });
  t.is(created.status, 201, created.text);
  const { Id } = created.json<{ Id: string }>();
  await waitFor('the other host to hear of it', async () => (await networkOn(two, 'web')).Id === Id);
  const seen = await networkOn(two, 'web');
  t.like(seen, { Scope: 'global', Driver: 'overlay', Labels: { tier: 'front' }, Containers: {} });
  t.deepEqual(seen.IPAM.Config, [{ Subnet: '10.77.0.0/24', Gateway: '10.77.0.1' }]);
  const again = await two.daemon.api('POST', '/networks/create', { Name: 'web', Driver: 'overlay' });
  t.is(again.status, 409);
  t.is(messageOf(again.text), 'network with name web already exists');
  // At once, on both: subnets and numbers differ, and one name is made once.
  const names = ['n1', 'n2', 'n3', 'same'];
  const all = [one, two].flatMap(({ daemon }, index) =>
    names.map((name) =>
      daemon.api('POST', '/networks/create', { Name: name === 'same' ? name : `${name}-${index}`, Driver: 'overlay' }),
    ),
  );
  const made = (await Promise.all(all)).filter(({ status }) => status === 201);
  t.is(made.length, 7);
  const networks = await Promise.all(made.map((answer) => networkOn(one, answer.json<{ Id: string }>().Id)));
  t.is(new Set(networks.map(({ IPAM }) => IPAM.Config[0]?.Subnet)).size, 7);
  t.is(new Set(networks.map(({ Options }) => Object.values(Options)[0])).size, 7);
  for (const { Id } of networks) t.is((await two.daemon.api('DELETE', `/networks/${Id}`)).status, 204);
  await waitFor('all of them to be gone', async () => (await networkOn(one, 'same')).Id === undefined);
});

it('containers of two hosts reach each other by name and address, whatever the size, and the outside', async (t) => {
  const web = {
    ...SLEEP,
    HostConfig: { ...HostConfig, NetworkMode: 'web' },
    NetworkingConfig: { EndpointsConfig: { web: { Aliases: ['www'] } } },
  };
  await Promise.all([start(one.daemon, web, 'a1'), start(two.daemon, on('web'), 'b1')]);
  const [a, b] = [await addressOf(one, 'a1', 'web'), await addressOf(two, 'b1', 'web')];
  t.not(a, b);
  t.regex(a, /^10\.77\.0\.\d+$/);
  await waitFor(
    'the names to be known',
    async () => (await reaches(one, 'a1', 'b1')) && (await reaches(two, 'b1', 'www')),
  );
  t.true(await reaches(one, 'a1', b));
  t.true(await reaches(two, 'b1', a));
  t.true(await reaches(two, 'b1', 'a1.web', '-s', '4000'), 'larger than the MTU: fragments');
  t.regex((await exec(one, 'a1', 'ip', 'link', 'show', 'eth0')).stdout, /mtu 1450/);
  await exec(one, 'a1', 'sh', '-c', 'mkdir /w && head -c 3000000 /dev/urandom >/w/big && httpd -p 80 -h /w');
  const sums = [
    await exec(one, 'a1', 'md5sum', '/w/big'),
    await exec(two, 'b1', 'sh', '-c', 'wget -qO- http://a1/big | md5sum'),
  ];
  t.is(sums[1]?.stdout.split(' ')[0], sums[0]?.stdout.split(' ')[0]);
  t.regex((await exec(two, 'b1', 'nslookup', a)).stdout, /a1\.web/);

  t.true(await reaches(one, 'a1', OUTSIDE), 'the outside, by the gateway network');
  const { NetworkSettings } = await inspect<ContainerInspect>(one.daemon, 'a1');
  t.deepEqual(Object.keys(NetworkSettings.Networks), ['web'], 'which is not shown');
  const { Containers } = await networkOn(two, 'web');
  t.deepEqual(await members(two), ['a1', 'b1']);
  t.is(Object.keys(Containers).filter((id) => id.startsWith('ep-')).length, 1);
});

it('ports of containers on an overlay network are published, and the network may have one more container', async (t) => {
  await two.daemon.tsker.ok([
    ...['run', '-d', '--name', 'b2', '--stop-signal', 'KILL', '--network', 'web', '-p', '8080:80', 'busybox'],
    ...['sh', '-c', 'mkdir /w && echo published >/w/index.html && exec httpd -f -p 80 -h /w'],
  ]);
  await waitFor('the port', async () =>
    (await wire.run('curl', '-s', '-m', '2', `http://${two.address}:8080/`)).stdout.includes('published'),
  );
  t.true((await exec(one, 'a1', 'wget', '-qO-', 'http://b2/')).stdout.includes('published'));
  await remove(two, 'b2');
  await waitFor('its name to go', async () => !(await reaches(one, 'a1', 'b2')));
});

it('no address is given out twice, however many containers start on both hosts at once', async (t) => {
  const names = ['1', '2', '3', '4'];
  await Promise.all(
    [one, two].flatMap(({ daemon }, index) => names.map((name) => start(daemon, on('web'), `many${index}${name}`))),
  );
  const addresses = await Promise.all(
    [one, two].flatMap((host, index) => names.map((name) => addressOf(host, `many${index}${name}`, 'web'))),
  );
  t.is(new Set(addresses).size, 8, addresses.join(' '));
  const EndpointsConfig = { web: { IPAMConfig: { IPv4Address: addresses[0] ?? '' } } };
  const body = { Image: 'busybox', ...on('web'), NetworkingConfig: { EndpointsConfig } };
  const created = await two.daemon.api('POST', '/containers/create?name=thief', body);
  const refused = await two.daemon.api('POST', '/containers/thief/start');
  t.is(created.status, 201, created.text);
  t.is(messageOf(refused.text), 'Address already in use');
  await Promise.all([one, two].map((host, index) => remove(host, ...names.map((name) => `many${index}${name}`))));
  await waitFor(
    'the address to be free again',
    async () => (await two.daemon.api('POST', '/containers/thief/start')).status === 204,
  );
  t.is(await addressOf(two, 'thief', 'web'), addresses[0] ?? '');
  await remove(two, 'thief');
});

it('a running container joins, is found by a new name, and leaves; a network that is in use elsewhere stays', async (t) => {
  await start(two.daemon, { ...SLEEP, HostConfig }, 'late');
  const joined = await two.daemon.api('POST', '/networks/web/connect', { Container: 'late' });
  t.is(joined.status, 200, joined.text);
  await waitFor('its name', () => reaches(one, 'a1', 'late'));
  await two.daemon.api('POST', '/containers/late/rename?name=later');
  await waitFor('its new name', () => reaches(one, 'a1', 'later'));
  t.true(await reaches(two, 'later', 'a1'));
  t.true(await reaches(two, 'later', OUTSIDE), 'still by the default bridge');
  t.is((await two.daemon.api('POST', '/networks/bridge/disconnect', { Container: 'later' })).status, 200);
  t.is((await two.daemon.api('POST', '/networks/web/disconnect', { Container: 'later' })).status, 200);
  await waitFor('it to be gone', async () => !(await reaches(one, 'a1', 'later')));
  await remove(two, 'later', 'b1');

  const { Id } = await networkOn(two, 'web');
  const refused = await two.daemon.api('DELETE', '/networks/web');
  t.is(refused.status, 403);
  t.is(messageOf(refused.text), `error while removing network: network web id ${Id} has active endpoints`);
  await start(two.daemon, on('web'), 'b1');
});

it('a host that is cut off is forgotten while it is away, and found again when it is back', async (t) => {
  await waitFor('both names', async () => (await reaches(one, 'a1', 'b1')) && (await reaches(two, 'b1', 'a1')));
  const before = await addressOf(two, 'b1', 'web');
  await wire.ok('ip', 'link', 'set', 'port-b', 'down');
  await waitFor('the host to be missed', async () => !(await members(one)).includes('b1'), { timeout: 20_000 });
  t.false(await reaches(one, 'a1', 'b1'));
  // It keeps its address meanwhile.
  await start(one.daemon, on('web'), 'other');
  t.not(await addressOf(one, 'other', 'web'), before);
  await wire.ok('ip', 'link', 'set', 'port-b', 'up');
  await waitFor('the host to be back', async () => (await members(one)).includes('b1'), { timeout: 20_000 });
  await waitFor(
    'packets to go through',
    async () => (await reaches(one, 'a1', 'b1')) && (await reaches(two, 'b1', 'other')),
  );
  t.is(await addressOf(two, 'b1', 'web'), before);
});

it('what a killed daemon had is gone when it is back, here, there and in the store', async (t) => {
  t.is((await devices(one)).length, 2);
  await one.daemon.kill();
  await one.daemon.start();
  t.deepEqual(await devices(one), []);
  await waitFor('its containers to be gone elsewhere', async () => (await members(two)).join() === 'b1');
  await waitFor('its addresses to be free', async () => (await etcd.keys('tsker/v1/addresses/')).length === 1);
  t.is((await one.daemon.api('POST', '/containers/a1/start')).status, 204, 'the network is there again');
  await waitFor('its containers to be reached again', () => reaches(two, 'b1', 'a1'));
});

it('after the last container and the network nothing is left, on no host and in the store', async (t) => {
  await remove(one, 'a1', 'other');
  await remove(two, 'b1');
  t.is((await two.daemon.api('DELETE', '/networks/web')).status, 204);
  await waitFor('the other host to hear of it', async () => (await networkOn(one, 'web')).Id === undefined);
  await waitFor('the interfaces to go', async () => (await Promise.all([one, two].map(devices))).flat().length === 0);
  t.deepEqual(await etcd.keys('tsker/'), ['tsker/v1/creation']);
});
