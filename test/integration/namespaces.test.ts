// Namespaces shared with the host and with other containers, by what /proc says of the processes. Needs root.
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ContainerInspect, CreateRequest } from '../../src/types/container.ts';
import type { HostConfig } from '../../src/types/container-config.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { create, inspect, logs, runToEnd, start, startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

const sleeper = (HostConfig: Partial<HostConfig> = {}, name?: string) =>
  start(daemon, { Cmd: ['sleep', '1000'], HostConfig }, name);
const pidOf = async (id: string) => (await inspect<ContainerInspect>(daemon, id)).State.Pid;
const namespaceOf = (pid: number | 'self', type: string) => readlinkSync(`/proc/${pid}/ns/${type}`);
const message = (text: string): string => (JSON.parse(text) as { message: string }).message;
const remove = (id: string) => daemon.api('DELETE', `/containers/${id}?force=1`);

const HOST: readonly (readonly [string, string, Partial<HostConfig>])[] = [
  ['--pid host', 'pid', { PidMode: 'host' }],
  ['--ipc host', 'ipc', { IpcMode: 'host' }],
  ['--uts host', 'uts', { UTSMode: 'host' }],
  ['--net host', 'net', { NetworkMode: 'host' }],
];
for (const [title, type, host] of HOST) {
  test(`${title} is the namespace of the host, and no other is`, async (t) => {
    const id = await sleeper(host);
    const pid = await pidOf(id);
    for (const one of ['pid', 'ipc', 'uts', 'net', 'mnt']) {
      t.is(namespaceOf(pid, one) === namespaceOf('self', one), one === type, one);
    }
    await remove(id);
  });
}

test('--uts host has the name of the host, and takes no other', async (t) => {
  const { id } = await runToEnd(daemon, { Cmd: ['hostname'], HostConfig: { UTSMode: 'host' } });
  t.is((await logs(daemon, id)).out.trim(), hostname());
  const answer = await daemon.api('POST', '/containers/create', {
    ...{ Image: 'busybox', Hostname: 'x', HostConfig: { UTSMode: 'host' } },
  });
  t.is(answer.status, 400);
  t.is(message(answer.text), 'conflicting options: hostname and the UTS mode');
});

test('--pid container: the processes of another are seen, and end with it', async (t) => {
  const first = await sleeper();
  const second = await start(daemon, {
    Cmd: ['sh', '-c', 'ps | grep -c "sleep 1000"; exec sleep 2000'],
    HostConfig: { PidMode: `container:${first.slice(0, 12)}` },
  });
  t.is((await inspect<ContainerInspect>(daemon, second)).HostConfig.PidMode, `container:${first}`);
  t.is(namespaceOf(await pidOf(second), 'pid'), namespaceOf(await pidOf(first), 'pid'));
  const waiting = daemon.api('POST', `/containers/${second}/wait`);
  await daemon.api('POST', `/containers/${first}/kill`);
  t.deepEqual((await waiting).json(), { StatusCode: 137 });
  t.regex((await logs(daemon, second)).out, /^[1-9]/);
  await Promise.all([first, second].map(remove));
});

test('--net container: one network, one set of files, one name', async (t) => {
  const first = await start(daemon, { Cmd: ['sleep', '1000'], Hostname: 'first' });
  const second = await sleeper({ NetworkMode: `container:${first}` });
  const [one, two] = [await inspect<ContainerInspect>(daemon, first), await inspect<ContainerInspect>(daemon, second)];
  t.is(namespaceOf(two.State.Pid, 'net'), namespaceOf(one.State.Pid, 'net'));
  t.not(namespaceOf(two.State.Pid, 'uts'), namespaceOf(one.State.Pid, 'uts'));
  t.is(two.HostsPath, one.HostsPath);
  t.is(two.Config.Hostname, 'first');
  t.deepEqual(two.NetworkSettings.Networks, {});
  t.is(readFileSync(`/proc/${two.State.Pid}/root/etc/hosts`, 'utf8'), readFileSync(one.HostsPath, 'utf8'));
  await Promise.all([first, second].map(remove));
});

test('--ipc shareable and container: one /dev/shm, which goes with the one that has it', async (t) => {
  const first = await start(daemon, {
    Cmd: ['sh', '-c', 'echo shared >/dev/shm/x; exec sleep 1000'],
    HostConfig: { IpcMode: 'shareable', ShmSize: 1 << 20 },
  });
  const second = await sleeper({ IpcMode: `container:${first}` });
  const [one, two] = [await pidOf(first), await pidOf(second)];
  t.is(namespaceOf(two, 'ipc'), namespaceOf(one, 'ipc'));
  t.is(readFileSync(`/proc/${two}/root/dev/shm/x`, 'utf8'), 'shared\n');
  t.regex(readFileSync(`/proc/${two}/mounts`, 'utf8'), /shm \/dev\/shm tmpfs rw,nosuid,nodev,noexec,.*size=1024k/);
  await remove(first);
  t.is(readFileSync(`/proc/${two}/root/dev/shm/x`, 'utf8'), 'shared\n');
  t.false(existsSync(join(daemon.root, 'containers', first)));
  await remove(second);
});

test('--ipc none has no /dev/shm', async (t) => {
  const id = await sleeper({ IpcMode: 'none' });
  t.notRegex(readFileSync(`/proc/${await pidOf(id)}/mounts`, 'utf8'), / \/dev\/shm /);
  await remove(id);
});

const REFUSED: Readonly<Record<string, (id: string) => readonly [Partial<HostConfig>, number, string]>> = {
  'a network of one that does not run': (id) => [
    { NetworkMode: `container:${id}` },
    409,
    `cannot join network of a non running container: ${id}`,
  ],
  'processes of one that does not run': (id) => [
    { PidMode: `container:${id}` },
    409,
    `cannot join PID of a non running container: ${id}`,
  ],
  'an IPC of one that does not run': (id) => [
    { IpcMode: `container:${id}` },
    409,
    `can't join IPC of container ${id}: container ${id} is not running`,
  ],
  'a network of nobody': () => [
    { NetworkMode: 'container:nosuch' },
    404,
    'joining network namespace of container: No such container: nosuch',
  ],
};
for (const [title, make] of Object.entries(REFUSED)) {
  test(`refused in the words of Docker: ${title}`, async (t) => {
    const stopped = await create(daemon, {});
    const [HostConfig, status, words] = make(stopped);
    const id = await create(daemon, { HostConfig });
    const answer = await daemon.api('POST', `/containers/${id}/start`);
    t.is(answer.status, status);
    t.is(message(answer.text), words);
    await Promise.all([stopped, id].map(remove));
  });
}

test('an IPC that is private cannot be joined', async (t) => {
  const first = await sleeper();
  const id = await create(daemon, { HostConfig: { IpcMode: `container:${first}` } });
  const answer = await daemon.api('POST', `/containers/${id}/start`);
  t.is(answer.status, 400);
  t.regex(message(answer.text), /non-shareable IPC \(hint: use IpcMode:shareable for the donor container\)$/);
  await Promise.all([first, id].map(remove));
});

const CONFLICTS: readonly (readonly [CreateRequest, string])[] = [
  [{ Hostname: 'x' }, 'hostname and the network mode'],
  [{ ExposedPorts: { '80/tcp': {} } }, 'port exposing and the container type network mode'],
  [{ HostConfig: { Dns: ['1.1.1.1'] } }, 'dns and the network mode'],
  [{ HostConfig: { ExtraHosts: ['a:1.1.1.1'] } }, 'custom host-to-IP mapping and the network mode'],
  [{ HostConfig: { PublishAllPorts: true } }, 'port publishing and the container type network mode'],
];
for (const [body, words] of CONFLICTS) {
  test(`conflicting options: ${words}`, async (t) => {
    const answer = await daemon.api('POST', '/containers/create', {
      ...{ Image: 'busybox', ...body },
      HostConfig: { ...body.HostConfig, NetworkMode: 'container:x' },
    });
    t.is(answer.status, 400);
    t.is(message(answer.text), `conflicting options: ${words}`);
  });
}
