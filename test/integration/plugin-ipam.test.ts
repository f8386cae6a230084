// Needs: root, network namespaces. Networks whose addresses a plugin hands out: what it gives is what containers have, all is given back,
// also after the death of the daemon.
import { join } from 'node:path';
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import type { NetworkResource } from '../../src/types/network.ts';
import { type IpamSample, ipamSample } from '../fixtures/plugins/ipam-driver.ts';
import { type ServedPlugin, servePlugin } from '../fixtures/plugins/serve.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { allotSubnet } from '../helpers/subnet.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, runToEnd, start, startWithBusybox } from './daemon.harness.ts';
import { messageOf } from './volume.harness.ts';

const suite = suiteOwner(test);
const SLEEP = { Cmd: ['sleep', '1000'], StopSignal: 'KILL' };
let daemon: Daemon;
let sample: IpamSample;
let served: ServedPlugin;
let prefix: string;
let byMac: IpamSample;
let byMacServed: ServedPlugin;

test.before(async () => {
  const directory = tempdir(suite, 'plugins');
  prefix = allotSubnet(suite).prefix;
  sample = ipamSample({ prefix, requiresMac: false });
  byMac = ipamSample({ prefix: allotSubnet(suite).prefix, requiresMac: true });
  const serve = (name: string, { methods }: IpamSample) =>
    servePlugin(suite, { kinds: ['IpamDriver'], methods, path: join(directory, `${name}.sock`) });
  [served, byMacServed] = await Promise.all([serve('sample', sample), serve('bymac', byMac)]);
  daemon = await startWithBusybox(suite, {
    args: ['--bridge', 'none', '--plugin-dir', directory, '--plugin-timeout', '1'],
  });
});

async function addressOf(id: string, network: string): Promise<string> {
  const { NetworkSettings } = await inspect<ContainerInspect>(daemon, id);
  return NetworkSettings.Networks[network]?.IPAddress ?? '';
}

test.serial('a network has the subnet of the plugin, and containers its addresses', async (t) => {
  await daemon.tsker.ok(['network', 'create', '--ipam-driver', 'sample', '--ipam-opt', 'colour=blue', 'given']);
  const asked = served.calls.find(({ method }) => method === 'IpamDriver.RequestPool');
  t.deepEqual(asked?.body, {
    ...{ AddressSpace: 'sample-local', Pool: '', SubPool: '', Options: { colour: 'blue' }, V6: false },
  });
  const network = (await daemon.api('GET', '/networks/given')).json<NetworkResource>();
  t.deepEqual(network.IPAM, {
    ...{ Driver: 'sample', Options: { colour: 'blue' } },
    Config: [{ Subnet: `${prefix}.0/24`, Gateway: `${prefix}.1` }],
  });
  const HostConfig = { NetworkMode: 'given' };
  const server = await start(daemon, { ...SLEEP, HostConfig }, 'server');
  t.is(await addressOf(server, 'given'), `${prefix}.254`);
  const client = await runToEnd(daemon, { Cmd: ['ping', '-c', '1', '-w', '5', 'server'], HostConfig });
  t.is(client.code, 0);
  await waitFor('the address of the client to be given back', () => sample.addresses.size === 2);

  await daemon.kill();
  await daemon.start();
  await waitFor('what the killed daemon had to be given back', () => sample.addresses.size === 1);
  t.is((await daemon.api('POST', `/containers/${server}/start`)).status, 204);
  t.is(await addressOf(server, 'given'), `${prefix}.254`);
  t.is((await daemon.api('DELETE', `/containers/${server}?force=1`)).status, 204);
  t.is((await daemon.api('DELETE', '/networks/given')).status, 204);
  t.deepEqual([...sample.addresses, ...sample.pools], []);
});

test.serial('what is asked for is asked of the plugin: subnet, gateway, address', async (t) => {
  const { prefix: own } = allotSubnet(suite);
  const Config = [{ Subnet: `${own}.0/24`, Gateway: `${own}.9`, AuxiliaryAddresses: { printer: `${own}.7` } }];
  const created = await daemon.api('POST', '/networks/create', { Name: 'asked', IPAM: { Driver: 'sample', Config } });
  t.is(created.status, 201, created.text);
  t.deepEqual([...sample.addresses].map((one) => one.split(' ')[1]).sort(), [`${own}.7`, `${own}.9`]);
  const wish = (address: string) => ({
    ...SLEEP,
    HostConfig: { NetworkMode: 'asked' },
    NetworkingConfig: { EndpointsConfig: { asked: { IPAMConfig: { IPv4Address: address } } } },
  });
  const id = await start(daemon, wish(`${own}.77`));
  t.is(await addressOf(id, 'asked'), `${own}.77`);
  const taken = await daemon.api('POST', '/containers/create?name=late', { Image: 'busybox', ...wish(`${own}.77`) });
  t.is(taken.status, 201, taken.text);
  const refused = await daemon.api('POST', '/containers/late/start');
  t.is(messageOf(refused.text), `IpamDriver.RequestAddress: ${own}.77 is not free`);
  // It goes on to be had by whoever comes after.
  await daemon.api('DELETE', `/containers/${id}?force=1`);
  t.is((await daemon.api('POST', '/containers/late/start')).status, 204);
  await daemon.api('DELETE', '/containers/late?force=1');
  t.is((await daemon.api('DELETE', '/networks/asked')).status, 204);
  await waitFor('all to be given back', () => sample.addresses.size + sample.pools.size === 0);
});

test.serial('a plugin that wants to know the MAC is told it, and the interface has it', async (t) => {
  await daemon.tsker.ok(['network', 'create', '--ipam-driver', 'bymac', 'bymac']);
  const id = await start(daemon, { ...SLEEP, HostConfig: { NetworkMode: 'bymac' } });
  const { NetworkSettings } = await inspect<ContainerInspect>(daemon, id);
  const asked = byMacServed.calls.filter(({ method }) => method === 'IpamDriver.RequestAddress').at(-1);
  const mac = NetworkSettings.Networks['bymac']?.MacAddress;
  t.deepEqual(asked?.body['Options'], { 'com.docker.network.endpoint.macaddress': mac });
  const link = await daemon.tsker.ok(['exec', id, 'ip', 'link', 'show', 'eth0']);
  t.true(link.includes(mac ?? 'none'), link);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
  await daemon.tsker.ok(['network', 'rm', 'bymac']);
});

test.serial('what the plugin refuses is told in its words, and leaves nothing', async (t) => {
  const body = { Name: 'red', IPAM: { Driver: 'sample', Options: { colour: 'red' } } };
  const answer = await daemon.api('POST', '/networks/create', body);
  t.is(answer.status, 500);
  t.is(messageOf(answer.text), 'IpamDriver.RequestPool: no red networks');
  const { prefix: own } = allotSubnet(suite);
  const IPAM = { Driver: 'sample', Config: [{ Subnet: `${own}.0/24` }] };
  t.is((await daemon.api('POST', '/networks/create', { Name: 'first', IPAM })).status, 201);
  const overlapping = await daemon.api('POST', '/networks/create', { Name: 'second', IPAM });
  t.is(messageOf(overlapping.text), 'Pool overlaps with other one on this address space');
  t.is(sample.pools.size, 1);
  t.is((await daemon.api('DELETE', '/networks/first')).status, 204);
  t.deepEqual([...sample.addresses, ...sample.pools], []);
  const missing = await daemon.api('POST', '/networks/create', { Name: 'x', IPAM: { Driver: 'missing' } });
  t.is(missing.status, 404);
  t.is(messageOf(missing.text), 'plugin "missing" not found');
});
