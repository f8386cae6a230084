// What xray and peek tell, compared with /proc, the cgroup files, sysfs and nft. Needs: root, busybox-static, nft, python3.

import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import type { Peek, Xray } from '../../src/types/xray.ts';
import { type Daemon, tskerCommand } from '../helpers/daemon.ts';
import { NFT } from '../helpers/host.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { ok } from '../helpers/run.ts';
import { openTerminal } from '../helpers/terminal.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, start, startWithBusybox } from './daemon.harness.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
let daemon: Daemon;
/** Milliseconds for what takes a fraction of one second on a machine that is not busy. */
const PATIENCE = 40_000;

test.before('a daemon starts', async () => {
  daemon = await startWithBusybox(suite);
});

async function running(t: ExecutionContext, body: object, name?: string): Promise<string> {
  const id = await start(daemon, { Cmd: ['sleep', '1000'], ...body }, name);
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  return id;
}

async function xrayOf(id: string): Promise<Xray> {
  const answer = await daemon.api('GET', `/tsker/containers/${id}/xray`);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer.json<Xray>();
}

const proc = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');
const field = (pid: number, name: string): string =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(proc(pid, 'status'))?.[1] ?? '';
const inodeOf = (pid: number | 'self', type: string): number =>
  Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/${type}`))?.[0]);

test('the tree of processes is that of /proc, from the first process down to what the container started', async (t) => {
  const id = await running(t, { Cmd: ['sh', '-c', 'sleep 900 & wait'] });
  const xray = await waitFor('the child', async () => {
    const seen = await xrayOf(id);
    return seen.processes.some(({ command }) => command === 'sleep 900') ? seen : undefined;
  });
  for (const { pid, parent, name } of xray.processes) {
    t.is(field(pid, 'PPid'), String(parent));
    t.is(proc(pid, 'comm').trim(), name);
  }
  const first = xray.processes.find(({ role }) => role === 'first');
  t.like(first, { pid: xray.pid, parent: daemon.pid, insidePid: 1 });
  t.is(xray.processes.find(({ role }) => role === 'daemon')?.pid, daemon.pid);
  const child = xray.processes.find(({ command }) => command === 'sleep 900');
  t.like(child, { parent: xray.pid, role: 'inside', depth: (first?.depth ?? 0) + 1 });
});

test.serial(
  'in the split architecture the tree leads through containerd and the shim, and a start tells its hops',
  async (t) => {
    const split = await startWithBusybox(t, { arch: 'split' });
    const id = await create(split, { Cmd: ['sleep', '1000'] });
    const told = await split.api('POST', `/containers/${id}/start?explain=1`);
    t.is(told.status, 200);
    for (const step of ['mount-root', 'tasks-create', 'network-in', 'tasks-start'])
      t.regex(told.text, new RegExp(`"${step}"`));
    t.notRegex(told.text, /inprocess\/start\.ts/);
    t.regex(told.text.trim().split('\n').at(-1) ?? '', /"type":"done"/);
    const xray = (await split.api('GET', `/tsker/containers/${id}/xray`)).json<Xray>();
    const [container, shim, containerd, engine] = xray.processes.toReversed();
    t.like(container, { role: 'first', pid: xray.pid, parent: shim?.pid });
    t.regex(shim?.command ?? '', /tsker-shim/);
    t.regex(containerd?.command ?? '', /containerd/);
    t.like(engine, { role: 'daemon', pid: split.pid });
    t.is((await split.api('POST', `/containers/${id}/start?explain=1&step=1`)).status, 501);
    t.true(xray.network.links.some(({ peer }) => peer?.bridge === split.bridge));
  },
);

test('namespaces have the inodes of /proc, and who shares them is named', async (t) => {
  const donor = await running(t, {}, 'x-donor');
  const id = await running(t, { HostConfig: { NetworkMode: `container:${donor}`, PidMode: 'host' } });
  const xray = await xrayOf(id);
  for (const { type, inode, host } of xray.namespaces) {
    t.is(inode, inodeOf(xray.pid, type), type);
    t.is(host, inode === inodeOf('self', type), type);
  }
  const of = (type: string) => xray.namespaces.find((one) => one.type === type);
  t.like(of('net'), { host: false, containers: ['x-donor'] });
  t.true(of('pid')?.host);
  t.deepEqual(of('mnt')?.containers, []);
  t.is(xray.processes.find(({ role }) => role === 'first')?.insidePid, undefined);
});

test('cgroups have the paths of /proc, and limits and use are what their files hold', async (t) => {
  const id = await running(t, { HostConfig: { Memory: 48 << 20, PidsLimit: 77 } });
  const { pid, cgroups } = await xrayOf(id);
  const lines = proc(pid, 'cgroup').trim().split('\n');
  t.is(cgroups.length, lines.length);
  for (const { hierarchy, path } of cgroups) {
    const controllers = hierarchy === 'unified' ? '' : hierarchy;
    t.true(
      lines.some((line) => line.endsWith(`:${controllers}:${path}`)),
      hierarchy,
    );
  }
  const values = cgroups.flatMap(({ directory = '', limits }) => limits.map((limit) => ({ directory, ...limit })));
  t.true(values.some(({ value, text }) => value === String(48 << 20) && text === '48 MiB'));
  t.true(values.some(({ file, value }) => file === 'pids.max' && value === '77'));
  for (const { directory, file, value } of values)
    t.is(readFileSync(join(directory, file), 'utf8').trim(), value, file);
  const current = cgroups.flatMap(({ usage }) => usage).find(({ file }) => file === 'pids.current');
  t.is(current?.value, '1');
});

test('the layers are the directories of the mount, and what the container changed is found in the uppermost', async (t) => {
  const script = 'echo x > /new; rm /etc/passwd; touch /ready; exec sleep 1000';
  const id = await running(t, { Cmd: ['sh', '-c', script] });
  const xray = await waitFor('the changes', async () => {
    const seen = await xrayOf(id);
    return seen.root.changes.some(({ path }) => path === '/ready') ? seen : undefined;
  });
  const { root, mounts, pid } = xray;
  t.is(mounts.length, proc(pid, 'mountinfo').trim().split('\n').length);
  t.is(root.type, 'overlay');
  t.true(readdirSync(root.upper ?? '/missing').includes('new'));
  for (const path of root.lower) t.notThrows(() => readdirSync(path));
  const changed = new Map(root.changes.map(({ kind, path }) => [path, kind]));
  t.is(changed.get('/new'), 'added');
  t.is(changed.get('/etc/passwd'), 'deleted');
  t.is(root.changed, root.changes.length);
});

test('privileges are those of the status file', async (t) => {
  const HostConfig = {
    CapDrop: ['ALL'],
    CapAdd: ['NET_RAW'],
    SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'],
  };
  const { pid, privileges } = await xrayOf(await running(t, { User: '33:44', HostConfig }));
  t.deepEqual(privileges.capabilities.bounding, ['CAP_NET_RAW']);
  t.is(BigInt(`0x${field(pid, 'CapEff')}`) === 0n, privileges.capabilities.effective.length === 0);
  t.like(privileges, { noNewPrivileges: true, seccomp: 'off' });
  t.deepEqual(privileges.uids, [33, 33, 33, 33]);
  t.deepEqual(privileges.gids, [44, 44, 44, 44]);
  const plain = await xrayOf(await running(t, {}));
  t.like(plain.privileges, { seccomp: 'filter', noNewPrivileges: false });
});

needing(test, { nft: existsSync(NFT) })(
  'the link has its other end on the host, with both indexes, and the rules are those of nft',
  async (t) => {
    const { network } = await xrayOf(await running(t, {}));
    const eth0 = network.links.find(({ name }) => name === 'eth0');
    if (eth0?.peer === undefined) return t.fail();
    const host = `/sys/class/net/${eth0.peer.name}`;
    t.is(Number(readFileSync(join(host, 'ifindex'), 'utf8')), eth0.peer.index);
    t.is(Number(readFileSync(join(host, 'iflink'), 'utf8')), eth0.index);
    t.is(eth0.peer.bridge, daemon.bridge);
    t.regex(eth0.addresses[0] ?? '', /^\d+\.\d+\.\d+\.\d+\/24$/);
    t.true(
      network.routes.some(
        ({ destination, gateway, link }) => destination === 'default' && gateway !== undefined && link === 'eth0',
      ),
    );
    const listed = await ok([NFT, '-a', 'list', 'table', 'ip', `tsker-${daemon.bridge}`]);
    t.true(network.rules.length >= 4);
    for (const { handle, table } of network.rules) {
      t.is(table, `tsker-${daemon.bridge}`);
      t.regex(listed, new RegExp(`# handle ${handle}$`, 'm'));
    }
    t.true(network.rules.some(({ text }) => text.includes('masquerade')));
  },
);

test("a container with the host's network, or none, is told as such", async (t) => {
  const host = await xrayOf(await running(t, { HostConfig: { NetworkMode: 'host' } }));
  t.deepEqual(host.network, { host: true, links: [], routes: [], rules: [] });
  const none = await xrayOf(await running(t, { HostConfig: { NetworkMode: 'none' } }));
  t.deepEqual(
    none.network.links.map(({ name }) => name),
    ['lo'],
  );
  t.deepEqual(none.network.rules, []);
});

test.serial('who is not there, or does not run, or is not stepped through, is refused', async (t) => {
  const stopped = await create(daemon, { Cmd: ['true'] });
  t.teardown(() => daemon.api('DELETE', `/containers/${stopped}`));
  for (const verb of ['xray', 'peek']) {
    t.is((await daemon.api('GET', `/tsker/containers/nobody/${verb}`)).status, 404);
    t.is((await daemon.api('GET', `/tsker/containers/${stopped}/${verb}`)).status, 409);
  }
  const result = await daemon.tsker.run(['xray', stopped]);
  t.not(result.code, 0);
  t.regex(result.stderr, /is not running/);
  t.regex((await daemon.tsker.run(['peek', stopped])).stderr, /is not being started step by step\n.*--step/);
});

test.serial('xray fits the terminal, and --format json is what the API says', async (t) => {
  const id = await running(t, {}, 'x-drawn');
  const env = { ...process.env, TSKER_HOST: `unix://${daemon.socket}`, NO_COLOR: '1' };
  const terminal = openTerminal(t, [...tskerCommand(), 'xray', 'x-drawn'], { columns: 64, rows: 200, env });
  t.is(await terminal.exited, 0);
  const lines = terminal.shown().split('\r\n');
  t.true(lines.length > 40);
  for (const line of lines) t.true([...line].length <= 64, line);
  for (const title of ['Processes', 'Namespaces', 'Cgroups', 'Mounts', 'Privileges', 'Network'])
    t.true(lines.includes(title));
  const seen = JSON.parse(await daemon.tsker.ok(['xray', '--format', 'json', id])) as Xray;
  t.is(seen.id, id);
});

test('peek shows a half-built container as /proc does, and the operation that comes next takes effect', async (t) => {
  const id = await create(daemon, { Cmd: ['true'], Hostname: 'half-built' });
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  const answer = await daemon.stream('POST', `/containers/${id}/start?explain=1&step=1`);
  answer.resume();
  const peek = async (): Promise<Peek> => (await daemon.api('GET', `/tsker/containers/${id}/peek`)).json<Peek>();
  const waiting = (done: number): Promise<Peek> =>
    waitFor(`${done} operations are done`, async () => {
      const seen = await daemon.api('GET', `/tsker/containers/${id}/peek`);
      return seen.status === 200 && seen.json<Peek>().done === done ? seen.json<Peek>() : undefined;
    });
  const goOn = () => daemon.api('POST', `/tsker/containers/${id}/step?action=next`);
  const first = await waiting(0);
  t.is(first.last, undefined);
  t.is(first.hostname, hostname());
  for (const { type, inode } of first.namespaces) t.is(inode, inodeOf(first.pid, type), type);
  t.true(first.namespaces.find(({ type }) => type === 'net')?.host);
  t.false(first.namespaces.find(({ type }) => type === 'mnt')?.host);
  t.is(first.mounts.length, proc(first.pid, 'mountinfo').trim().split('\n').length);
  let seen = first;
  const until = async (op: string): Promise<void> => {
    while (seen.next.op !== op) {
      t.is((await goOn()).status, 204);
      seen = await waiting(seen.done + 1);
    }
  };
  await until('HOSTNAME');
  t.false(seen.namespaces.find(({ type }) => type === 'net')?.host);
  t.true(seen.privileges.capabilities.bounding.includes('CAP_SYS_ADMIN'));
  t.is(seen.hostname, hostname());
  const before = seen.mounts.length;
  await until('PIVOT');
  t.is(seen.hostname, 'half-built');
  await goOn();
  seen = await waiting(seen.done + 1);
  t.like(seen.last, { op: 'PIVOT', syscall: 'pivot_root' });
  t.true(seen.mounts.length < before);
  await until('EXEC');
  t.false(seen.privileges.capabilities.bounding.includes('CAP_SYS_ADMIN'));
  t.is(seen.privileges.seccomp, 'filter');
  t.is((await daemon.api('POST', `/tsker/containers/${id}/step?action=continue`)).status, 204);
  await waitFor('the end of the program', async () => {
    const { State } = (await daemon.api('GET', `/containers/${id}/json`)).json<{ State: { Status: string } }>();
    return State.Status === 'exited';
  });
  await t.throwsAsync(async () => {
    if ((await peek()).pid === undefined) throw new Error('nothing to see');
  });
});

test.serial('the command peek tells another terminal where a plan stands', async (t) => {
  const env = { ...process.env, TSKER_HOST: `unix://${daemon.socket}` };
  const argv = [...tskerCommand(), 'run', '--rm', '--step', '--name', 'x-peeked', 'busybox', 'true'];
  const terminal = openTerminal(t, argv, { env });
  await terminal.expect(/next 1\//, PATIENCE);
  const shown = await daemon.tsker.ok(['peek', 'x-peeked']);
  t.regex(shown, /^x-peeked .*: 0 of \d+ operations are done\n/);
  t.regex(shown, /last {2}nothing yet\n {2}next {2}\w+\(/);
  terminal.type('c');
  t.is(await terminal.exited, 0);
});
