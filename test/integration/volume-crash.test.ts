// Volumes and the death of the daemon: data stays, what was half made or half removed does not, nothing stays mounted. Needs
// root.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { waitFor } from '../helpers/wait.ts';
import { create, runToEnd, start, startWithBusybox } from './daemon.harness.ts';
import { createVolume, dataOf, hostMounts, loadFullImage, mountsOf, volumeNames } from './volume.harness.ts';

test('after SIGKILL the data is there, nothing is mounted, and what containers have is still theirs', async (t) => {
  const daemon = await startWithBusybox(t, { args: ['--bridge', 'none'] });
  await createVolume(daemon, { Name: 'memory', DriverOpts: { type: 'tmpfs', device: 'tmpfs' } });
  const Cmd = ['sh', '-c', 'echo before > /v/data; echo ready > /anon/ready; exec sleep 1000'];
  const body = { Cmd, Volumes: { '/anon': {} }, HostConfig: { Binds: ['data:/v', 'memory:/m'] } };
  const id = await start(daemon, body, 'keeps');
  const removed = await start(daemon, { ...body, HostConfig: { ...body.HostConfig, AutoRemove: true } });
  const anonymousOf = async (container: string): Promise<string> =>
    (await mountsOf(daemon, container)).find(({ Destination }) => Destination === '/anon')?.Name ?? '';
  const [kept, gone] = [await anonymousOf(id), await anonymousOf(removed)];
  await waitFor('the data', () => [kept, gone].every((name) => existsSync(join(dataOf(daemon, name), 'ready'))));
  t.deepEqual(hostMounts(dataOf(daemon, 'memory')), [dataOf(daemon, 'memory')]);

  await daemon.kill();
  await daemon.start();

  t.deepEqual(hostMounts(join(daemon.root, 'volumes')), []);
  t.is(readFileSync(join(dataOf(daemon, 'data'), 'data'), 'utf8'), 'before\n');
  t.deepEqual((await volumeNames(daemon)).toSorted(), ['data', kept, 'memory'].toSorted());
  t.false(existsSync(join(daemon.root, 'volumes', gone)), 'its container removed itself');
  t.is((await daemon.api('DELETE', '/volumes/data')).status, 409);
  t.is((await daemon.api('POST', '/containers/keeps/start')).status, 204);
  t.deepEqual(hostMounts(dataOf(daemon, 'memory')), [dataOf(daemon, 'memory')]);
  t.is((await daemon.api('DELETE', '/containers/keeps?force=1&v=1')).status, 204);
  t.deepEqual((await volumeNames(daemon)).toSorted(), ['data', 'memory']);
});

test('a daemon that is killed again and again leaves no half-made volume, and no volume without a container', async (t) => {
  const daemon = await startWithBusybox(t, { args: ['--bridge', 'none'] });
  await loadFullImage(daemon);
  for (let round = 0; round < 3; round += 1) {
    const churn = Array.from({ length: 4 }, async (_, worker) => {
      for (let turn = 0; ; turn += 1) {
        const HostConfig = {
          AutoRemove: true,
          Binds: [`named-${worker}-${turn % 2}:/data`, `bin-${worker}-${turn}:/bin`],
        };
        await runToEnd(daemon, { Image: 'full', Cmd: ['true'], Volumes: { '/anon': {} }, HostConfig });
      }
    });
    const stopped = Promise.allSettled(churn);
    const made = (): number => {
      const directory = join(daemon.root, 'volumes');
      return existsSync(directory) ? readdirSync(directory).length : 0;
    };
    await waitFor('some volumes', () => made() > 4 * (round + 1), { timeout: 30_000 });
    await daemon.kill();
    await stopped;
    await daemon.start();
    // Those that were made and not started yet are there, with their volumes.
    const left = (await daemon.api('GET', '/containers/json?all=1')).json<{ Id: string }[]>();
    for (const { Id } of left) t.is((await daemon.api('DELETE', `/containers/${Id}?v=1`)).status, 204);
    const names = await volumeNames(daemon);
    t.deepEqual(readdirSync(join(daemon.root, 'volumes')).toSorted(), names.toSorted());
    t.true(
      names.every((name) => /^(named|bin)-/.test(name)),
      names.join(' '),
    );
    for (const name of names) t.deepEqual(readdirSync(join(daemon.root, 'volumes', name)), ['_data']);
    const full = names.filter((name) => readdirSync(dataOf(daemon, name)).length > 0);
    for (const name of full.filter((one) => one.startsWith('named-'))) {
      t.deepEqual(readdirSync(dataOf(daemon, name)).toSorted(), ['empty', 'link', 'text', 'twice'], 'all or nothing');
    }
  }
});

test('a directory that is gone is made again, and one that was there is taken with what is in it', async (t) => {
  const daemon = await startWithBusybox(t, { args: ['--bridge', 'none'] });
  mkdirSync(dataOf(daemon, 'there'), { recursive: true });
  writeFileSync(join(dataOf(daemon, 'there'), 'file'), '');
  const script = 'test -e /there/file && touch /v/x';
  const id = await create(daemon, { Cmd: ['sh', '-c', script], HostConfig: { Binds: ['there:/there', 'vv:/v'] } });
  await daemon.stop();
  rmSync(join(daemon.root, 'volumes/vv'), { recursive: true });
  await daemon.start();
  await daemon.api('POST', `/containers/${id}/start`);
  const { StatusCode } = (await daemon.api('POST', `/containers/${id}/wait`)).json<{ StatusCode: number }>();
  t.is(StatusCode, 0);
  t.deepEqual(readdirSync(dataOf(daemon, 'vv')), ['x']);
});
