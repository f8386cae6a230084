// What of a network is its daemon's, and comes back with it: names, published ports, the bridge itself. (root)
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, start, startWithBusybox } from './daemon.harness.ts';
import { execute } from './exec.harness.ts';

test('killed and started again, the daemon answers for names and ports of containers that have run on', async (t) => {
  const daemon = await startWithBusybox(t, { arch: 'split' });
  const made = await daemon.api('POST', '/networks/create', { Name: 'shared' });
  t.is(made.status, 201, made.text);
  const server = await start(
    daemon,
    {
      Cmd: ['sh', '-c', 'mkdir /www; echo served > /www/page; exec httpd -f -p 80 -h /www'],
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { NetworkMode: 'shared', PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
    },
    'server',
  );
  const client = await start(daemon, { Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'shared' } }, 'client');
  const bindings = async () => (await inspect<ContainerInspect>(daemon, server)).NetworkSettings.Ports;
  const before = await bindings();
  const port = before['80/tcp']?.[0]?.HostPort ?? '';
  const throughPort = async (): Promise<string> =>
    fetch(`http://127.0.0.1:${port}/page`).then(
      (answer) => answer.text(),
      () => '',
    );
  const finds = async (id: string): Promise<boolean> =>
    / 1 packets received/.test((await execute(daemon, id, ['ping', '-c', '1', '-W', '2', 'server'])).out);
  await waitFor('the server', async () => (await throughPort()) === 'served\n');
  t.true(await finds(client));

  await daemon.kill();
  await daemon.start();
  t.deepEqual(await bindings(), before);
  await waitFor('the port', async () => (await throughPort()) === 'served\n');
  t.true(await finds(client), 'names are answered again');
  const third = await start(daemon, { Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'shared' } }, 'third');
  t.true(await finds(third), 'a newcomer finds it');
  const addresses = await Promise.all(
    [server, client, third].map(async (id) => {
      const { Networks } = (await inspect<ContainerInspect>(daemon, id)).NetworkSettings;
      return Networks['shared']?.IPAddress;
    }),
  );
  t.is(new Set(addresses).size, 3, 'no address twice');
  for (const id of [server, client, third]) await daemon.api('DELETE', `/containers/${id}?force=1`);
  t.is((await daemon.api('DELETE', '/networks/shared')).status, 204);
});
