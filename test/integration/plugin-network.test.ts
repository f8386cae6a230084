// Networks that a plugin makes: containers on them reach each other and the host, and the plugin is told of all that comes and
// goes, also after the death of the daemon. Needs root and the host's `ip`.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import { interfacesOf, type NetworkSample, networkSample } from '../fixtures/plugins/network-driver.ts';
import { type ServedPlugin, servePlugin } from '../fixtures/plugins/serve.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { allotSubnet } from '../helpers/subnet.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, runToEnd, start, startWithBusybox } from './daemon.harness.ts';
import { messageOf } from './volume.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
let sample: NetworkSample;
let served: ServedPlugin;

test.before(async () => {
  const directory = tempdir(suite, 'plugins');
  sample = networkSample(`tp${randomBytes(2).toString('hex')}`);
  suite.teardown(() => sample.clear());
  served = await servePlugin(suite, {
    kinds: ['NetworkDriver'],
    methods: sample.methods,
    path: join(directory, 'sample.sock'),
  });
  daemon = await startWithBusybox(suite, {
    args: ['--bridge', 'none', '--plugin-dir', directory, '--plugin-timeout', '1'],
  });
});

const interfaces = (): string[] => interfacesOf(sample.prefix);

test.serial('containers on a network of a plugin reach each other by name, and the host', async (t) => {
  const { cidr } = subnetOf();
  const created = await daemon.api('POST', '/networks/create', {
    Name: 'plugged',
    Driver: 'sample',
    IPAM: { Config: [{ Subnet: cidr }] },
    Options: { colour: 'green' },
  });
  t.is(created.status, 201, created.text);
  t.is(interfaces().length, 1, 'its bridge');
  const HostConfig = { NetworkMode: 'plugged' };
  const server = await start(daemon, { Cmd: ['sleep', '1000'], HostConfig }, 'server');
  const { NetworkSettings } = await inspect<ContainerInspect>(daemon, server);
  const { IPAddress, Gateway, MacAddress } = NetworkSettings.Networks['plugged'] ?? {};
  const ping = `ping -c 1 -w 5 server && ping -c 1 -w 5 ${Gateway} && ip addr show eth0`;
  const client = await runToEnd(daemon, { Cmd: ['sh', '-c', ping], HostConfig });
  t.is(client.code, 0, (await daemon.api('GET', `/containers/${client.id}/logs?stdout=1&stderr=1`)).text);
  const asked = served.calls.find(({ method }) => method === 'NetworkDriver.CreateEndpoint')?.body['Interface'];
  t.deepEqual(asked, { Address: `${IPAddress}/${cidr.split('/')[1]}`, AddressIPv6: '', MacAddress });
  await waitFor('the endpoint of the client to go', () => sample.endpoints.size === 1);

  await daemon.kill();
  await daemon.start();
  await waitFor('the endpoint of the server to go', () => sample.endpoints.size === 0);
  t.is((await daemon.api('POST', `/containers/${server}/start`)).status, 204, 'the network is there again');
  t.is(sample.endpoints.size, 1);
  t.is((await daemon.api('DELETE', `/containers/${server}?force=1`)).status, 204);
  t.is((await daemon.api('DELETE', '/networks/plugged')).status, 204);
  t.deepEqual(interfaces(), []);
});

test.serial('a running container joins and leaves a network of a plugin', async (t) => {
  const body = { Name: 'later', Driver: 'sample', IPAM: { Config: [{ Subnet: subnetOf().cidr }] } };
  t.is((await daemon.api('POST', '/networks/create', body)).status, 201);
  const id = await start(daemon, { Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'none' } });
  await daemon.api('POST', '/networks/none/disconnect', { Container: id });
  const joined = await daemon.api('POST', '/networks/later/connect', { Container: id });
  t.is(joined.status, 200, joined.text);
  t.is(sample.endpoints.size, 1);
  t.is((await daemon.api('POST', '/networks/later/disconnect', { Container: id })).status, 200);
  await waitFor('the endpoint to go', () => sample.endpoints.size === 0);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
  t.is((await daemon.api('DELETE', '/networks/later')).status, 204);
  t.deepEqual(interfaces(), []);
});

test.serial('what the plugin refuses is told in its words, and leaves nothing', async (t) => {
  const body = {
    Name: 'red',
    Driver: 'sample',
    IPAM: { Config: [{ Subnet: subnetOf().cidr }] },
    Options: { colour: 'red' },
  };
  const answer = await daemon.api('POST', '/networks/create', body);
  t.is(answer.status, 500);
  t.is(messageOf(answer.text), 'NetworkDriver.CreateNetwork: no red networks');
  t.is((await daemon.api('GET', '/networks/red')).status, 404);
  const missing = await daemon.api('POST', '/networks/create', { Name: 'x', Driver: 'missing' });
  t.is(missing.status, 404);
  t.is(messageOf(missing.text), 'plugin "missing" not found');
});

function subnetOf(): { readonly cidr: string } {
  const { bip } = allotSubnet(suite);
  return { cidr: bip.replace(/\.\d+\/(\d+)$/, '.0/$1') };
}
