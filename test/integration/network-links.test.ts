// Needs: root, network namespaces, nf_tables. --link where containers do not reach each other: the exposed ports of the one are open to
// the other, and to nobody else.
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { NFT } from '../helpers/host.ts';
import { makeNetns, type Netns } from '../helpers/netns.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, start, startWithBusybox } from './daemon.harness.ts';

const owner = suiteOwner(test);
let daemon: Daemon;
let host: Netns;

test.before(async () => {
  host = await makeNetns(owner, 'host');
  await host.ok('ip', 'link', 'set', 'lo', 'up');
  daemon = await startWithBusybox(owner, { through: ['nsenter', `--net=${host.path}`], args: ['--icc=false'] });
});

const SERVER = 'mkdir -p /w && echo served >/w/index.html && httpd -p 81 -h /w && exec httpd -f -p 80 -h /w';

/** With a limit of another program's: wget of the static busybox dies of its own. */
async function fetches(from: string, to: string, port: number): Promise<boolean> {
  const url = `http://${await addressOf(to)}:${port}/`;
  return (await daemon.tsker.run(['exec', from, 'timeout', '3', 'wget', '-qO-', url])).stdout.includes('served');
}

async function addressOf(name: string): Promise<string> {
  return (await inspect<ContainerInspect>(daemon, name)).NetworkSettings.IPAddress;
}

const links = async (): Promise<number> =>
  [...(await host.ok(NFT, 'list', 'ruleset')).matchAll(/a container reaches what it is linked to/g)].length;

test('a linked container reaches the exposed ports of the other, nobody else does, and nothing the other way round', async (t) => {
  // The image exposes port 80.
  await start(daemon, { Cmd: ['sh', '-c', SERVER], StopSignal: 'KILL' }, 'db');
  const idle = { Cmd: ['sleep', '1000'], StopSignal: 'KILL' };
  await start(daemon, { ...idle, HostConfig: { Links: ['db:store'] } }, 'app');
  await start(daemon, idle, 'stranger');
  await waitFor('the linked port', () => fetches('app', 'db', 80));
  t.false(await fetches('app', 'db', 81), 'a port that is not exposed');
  t.false(await fetches('stranger', 'db', 80));
  t.is(await links(), 1);

  // The linked one comes back with another address: others are held meanwhile.
  const before = await addressOf('db');
  await daemon.api('POST', '/containers/db/stop');
  t.is(await links(), 0, 'its address may be another container’s soon');
  await daemon.api('POST', '/containers/db/start');
  t.not(await addressOf('db'), before);
  await waitFor('the linked port at its new address', () => fetches('app', 'db', 80));
  await daemon.api('DELETE', '/containers/app?force=1');
  t.is(await links(), 0);
  for (const name of ['db', 'stranger']) await daemon.api('DELETE', `/containers/${name}?force=1`);
});
