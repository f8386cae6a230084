// What a daemon's death leaves: its containers die with it, the next daemon says so, and the host is as before. Needs root.
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { findTraces } from '../helpers/host.ts';
import type { Owner } from '../helpers/owner.ts';
import { engineState, leftSince } from '../helpers/residue.ts';
import { ok } from '../helpers/run.ts';
import { waitFor } from '../helpers/wait.ts';

const IMAGE = 'tsker/busybox';
const SLEEP = ['sleep', '1000'];
const NAMESPACES = ['mnt', 'pid', 'net', 'ipc', 'uts'] as const;

/** A daemon with the image, and with everything made once that it makes once. */
async function readyDaemon(t: Owner, args: readonly string[] = []): Promise<Daemon> {
  const daemon = await startDaemon(t, { args });
  await daemon.tsker.ok(['run', '--rm', IMAGE, 'true']);
  return daemon;
}

async function inspect(daemon: Daemon, name: string, format: string): Promise<string> {
  return daemon.tsker.ok(['inspect', '-f', format, name]);
}

async function pidOf(daemon: Daemon, name: string): Promise<number> {
  return Number(await inspect(daemon, name, '{{.State.Pid}}'));
}

/** `net:[4026531840]` of each kind. */
function namespacesOf(pid: number): string[] {
  return NAMESPACES.map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
}

/** `pid start-time` of every process in one of the namespaces: a pid may be used again, the two together are not. */
function membersOf(namespaces: ReadonlySet<string>): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const inside = NAMESPACES.some((kind) => namespaces.has(readlinkSync(`/proc/${pid}/ns/${kind}`)));
      return inside ? [`${pid} ${startTime(Number(pid))}`] : [];
    } catch {
      return [];
    }
  });
}

/** Those of the processes that are still there. The kernel gives numbers of namespaces again, so these are not asked for. */
function stillAlive(members: readonly string[]): string[] {
  return members.filter((member) => {
    const [pid, start] = member.split(' ');
    return isAlive(Number(pid)) && startTime(Number(pid)) === start;
  });
}

/** Field 22 of /proc/<pid>/stat, counted from behind the command, which may hold anything (proc(5)). */
function startTime(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Namespaces that the process holds by a descriptor. */
function heldNamespaces(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
      return /^[a-z_]+:\[\d+\]$/.test(target) ? [target] : [];
    } catch {
      return [];
    }
  });
}

/** Pairs of virtual links whose host end hangs on the bridge. */
function linksOn(bridge: string): string[] {
  return readdirSync(`/sys/class/net/${bridge}/brif`);
}

/** By the API, or by hand where it has no pause yet. */
async function pause(daemon: Daemon, name: string): Promise<void> {
  const { status } = await daemon.api('POST', `/containers/${name}/pause`);
  if (status === 204) return;
  const groups = readFileSync(`/proc/${await pidOf(daemon, name)}/cgroup`, 'utf8');
  const path = /^\d+:freezer:(.*)$/m.exec(groups)?.[1];
  if (path === undefined) throw new Error(`no freezer for ${name}: pause answered ${status}`);
  writeFileSync(join('/sys/fs/cgroup/freezer', path, 'freezer.state'), 'FROZEN');
}

/** A program beside the first one, when the engine has exec; whether it has. */
async function exec(daemon: Daemon, name: string, argv: readonly string[]): Promise<boolean> {
  const created = await daemon.api('POST', `/containers/${name}/exec`, { Cmd: argv });
  if (created.status !== 201) return false;
  const { Id } = created.json<{ Id: string }>();
  await daemon.api('POST', `/exec/${Id}/start`, { Detach: true });
  return true;
}

test.serial("a container's first process is a child of the daemon", async (t) => {
  const daemon = await readyDaemon(t);
  for (const flags of [[], ['-t'], ['--net', 'host'], ['--net', 'none']]) {
    const id = await daemon.tsker.ok(['run', '-d', ...flags, IMAGE, ...SLEEP]);
    const pid = await pidOf(daemon, id);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    t.regex(status, new RegExp(`^PPid:\\s+${daemon.pid}$`, 'm'));
    t.is(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), 'sleep\u00001000\0');
  }
  t.is(linksOn(daemon.bridge).length, 2);
});

test.serial('SIGKILL of the daemon, with containers in every state', async (t) => {
  t.timeout(120_000);
  const daemon = await readyDaemon(t);
  const { tsker, bridge } = daemon;
  const clean = await engineState(daemon);

  await tsker.ok(['create', '--name', 'created', IMAGE, ...SLEEP]);
  await tsker.run(['run', '--name', 'exited', IMAGE, 'sh', '-c', 'exit 3']);
  await tsker.ok(['run', '-d', '--name', 'running', IMAGE, ...SLEEP]);
  await tsker.ok(['run', '-d', '--name', 'limited', '-m', '64m', '--cpus', '0.5', IMAGE, ...SLEEP]);
  await tsker.ok(['run', '-d', '--name', 'hostnet', '--net', 'host', IMAGE, ...SLEEP]);
  await tsker.ok(['run', '-d', '--name', 'nonet', '--net', 'none', IMAGE, ...SLEEP]);
  await tsker.ok(['run', '-dit', '--name', 'tty', IMAGE, 'sh']);
  await tsker.ok(['run', '-d', '--rm', '--name', 'removed', IMAGE, ...SLEEP]);
  const stubborn =
    "trap '' TERM INT HUP; (trap '' TERM HUP; setsid sleep 1000 &) ; nohup sleep 1000 & while :; do sleep 1; done";
  await tsker.ok(['run', '-d', '--name', 'stubborn', IMAGE, 'sh', '-c', stubborn]);
  await tsker.ok(['run', '-d', '--name', 'writing', IMAGE, 'sh', '-c', 'while :; do echo line; sleep 0.01; done']);
  await tsker.ok(['run', '-d', '--name', 'paused', IMAGE, ...SLEEP]);
  await pause(daemon, 'paused');
  const hasExec = await exec(daemon, 'running', ['sleep', '2000']);
  const attached = tsker.terminal(t, ['attach', 'tty']);
  attached.type('echo rea$(echo dy)\n');
  await attached.expect(/ready/);

  const alive = ['running', 'limited', 'hostnet', 'nonet', 'tty', 'removed', 'stubborn', 'writing', 'paused'];
  const pids = await Promise.all(alive.map((name) => pidOf(daemon, name)));
  const own = new Set(namespacesOf(process.pid));
  const namespaces = new Set(pids.flatMap(namespacesOf).filter((namespace) => !own.has(namespace)));
  // Five of its own for each, but for the one on the host's network.
  t.is(namespaces.size, alive.length * NAMESPACES.length - 1);
  const links = linksOn(bridge);
  t.is(links.length, alive.length - 2);
  if (hasExec) t.is(readFileSync(`/proc/${daemon.pid}/task/${daemon.pid}/children`, 'utf8').split(' ').length - 1, 10);

  await waitFor('the children of the first processes', () => membersOf(namespaces).length > alive.length + 2);
  const members = membersOf(namespaces);
  const held = heldNamespaces(daemon.pid);
  await daemon.kill();
  // A frozen process dies when it is thawed; that is the next daemon's work.
  const frozen = pids.at(-1);
  await waitFor('the containers to die with the daemon', () =>
    stillAlive(members).every((member) => member.startsWith(`${frozen} `)),
  );
  t.not(await attached.exited, 0);

  await daemon.start();
  t.deepEqual(stillAlive(members), []);
  t.true(heldNamespaces(daemon.pid).length <= held.length);
  const listed = await tsker.ok(['ps', '-a', '--format', '{{.Names}} {{.Status}}']);
  const states = Object.fromEntries(listed.split('\n').map((line) => [line.split(' ')[0], line.replace(/^\S+ /, '')]));
  t.is(states['created'], 'Created');
  t.regex(states['exited'] ?? '', /^Exited \(3\) /);
  t.is(states['removed'], undefined, '--rm');
  for (const name of alive.filter((one) => one !== 'removed')) t.regex(states[name] ?? '', /^Exited \(137\) /, name);
  t.is(Object.keys(states).length, alive.length + 1);
  t.is(await inspect(daemon, 'paused', '{{.State.Status}} {{.State.Pid}} {{.State.Paused}}'), 'exited 0 false');
  t.regex(await tsker.ok(['logs', 'writing']), /^line\nline/);
  t.deepEqual(
    links.filter((link) => readdirSync('/sys/class/net').includes(link)),
    [],
  );
  t.deepEqual(linksOn(bridge), []);
  const ledger = (await tsker.ok(['system', 'host'])).split('\n').slice(1);
  const kinds = new Set(ledger.map((line) => line.split(/\s+/)[2]));
  t.deepEqual([...kinds].sort(), ['bridge', 'directory', 'rules'], 'the ledger knows of nothing but what there is');

  // They are as good as new.
  for (const name of ['running', 'paused', 'limited', 'created']) await tsker.ok(['start', name]);
  t.is(await tsker.ok(['ps', '--format', '{{.Names}}']).then((text) => text.split('\n').length), 4);
  await tsker.ok(['rm', '-f', 'created', 'exited', ...alive.filter((one) => one !== 'removed')]);
  t.deepEqual(await leftSince(daemon, clean), []);

  await daemon.stop();
  t.deepEqual(await daemon.traces(), []);
});

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test.serial('SIGKILL of the daemon in the middle of many starts and ends, again and again', async (t) => {
  t.timeout(180_000);
  const daemon = await readyDaemon(t);
  const clean = await engineState(daemon);
  for (const delay of [5, 20, 40, 80, 120, 170, 250, 400]) {
    const runs = Array.from({ length: 8 }, (_, index) =>
      daemon.tsker.run([
        'run',
        ...(index % 2 === 0 ? ['--rm'] : []),
        ...(index % 3 === 0 ? ['-t'] : []),
        IMAGE,
        'sleep',
        '0.05',
      ]),
    );
    await new Promise((resolve) => setTimeout(resolve, delay));
    await daemon.kill();
    const codes = (await Promise.all(runs)).map(({ code }) => code);
    t.true(
      codes.every((code) => code === 0 || code === 1 || code === 125 || code === 137),
      String(codes),
    );
    await daemon.start();
    t.is(await daemon.tsker.ok(['ps', '-q']), '');
    const left = (await daemon.tsker.ok(['ps', '-aq'])).split('\n').filter((id) => id !== '');
    if (left.length > 0) await daemon.tsker.ok(['rm', ...left]);
    t.deepEqual(await leftSince(daemon, clean), [], `killed after ${delay} ms`);
  }
});

test.serial('SIGKILL of the daemon while it pulls, loads and imports', async (t) => {
  const daemon = await readyDaemon(t);
  const clean = await engineState(daemon);
  const archive = Buffer.concat([await savedImage(daemon), Buffer.alloc(1024)]);
  for (const delay of [10, 40, 90]) {
    const loads = [
      daemon.tsker.run(['load'], { input: archive }),
      daemon.tsker.run(['import', '-', 'imported'], { input: archive }),
    ];
    await new Promise((resolve) => setTimeout(resolve, delay));
    await daemon.kill();
    await Promise.all(loads);
    await daemon.start();
    await daemon.tsker.run(['rmi', 'imported']);
    t.deepEqual(await leftSince(daemon, clean), [], `killed after ${delay} ms`);
  }
});

/** The image as an archive, made large by what is not in it. */
async function savedImage(daemon: Daemon): Promise<Buffer> {
  const { makeTar } = await import('../helpers/tar.ts');
  const { noise } = await import('../helpers/noise.ts');
  return makeTar([
    { path: 'manifest.json', content: JSON.stringify([{ Config: 'c.json', RepoTags: ['half:1'], Layers: ['l.tar'] }]) },
    { path: 'padding', content: noise(daemon.bridge, 30_000_000) },
  ]).subarray(0, -1024);
}

test.serial('SIGTERM ends running containers in order, and takes the bridge and the rules with it', async (t) => {
  const daemon = await readyDaemon(t);
  await daemon.tsker.ok([
    'run',
    '-d',
    '--name',
    'trap',
    IMAGE,
    'sh',
    '-c',
    "trap 'echo bye; exit 5' TERM; echo set; while :; do sleep 0.1; done",
  ]);
  await daemon.tsker.ok(['run', '-d', '--name', 'plain', IMAGE, ...SLEEP]);
  const names = [daemon.root, daemon.execRoot, daemon.bridge, await inspect(daemon, 'trap', '{{.Id}}')];
  await waitFor('the trap to be set', async () => (await daemon.tsker.ok(['logs', 'trap'])) === 'set');
  await daemon.stop();
  t.deepEqual(await findTraces(names), []);
  await daemon.start();
  t.regex(await daemon.tsker.ok(['ps', '-a', '--format', '{{.Names}} {{.Status}}']), /^trap Exited \(5\)/m);
  t.is(await daemon.tsker.ok(['logs', 'trap']), 'set\nbye');
});

test.serial('two hundred runs leave no descriptor, thread or cgroup behind', async (t) => {
  t.timeout(240_000);
  const daemon = await readyDaemon(t);
  const clean = await engineState(daemon);
  const count = (what: 'fd' | 'task'): number => readdirSync(`/proc/${daemon.pid}/${what}`).length;
  const runMany = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) {
      const kinds = [[], ['-t'], ['-i'], ['--net', 'none']];
      const results = await Promise.all(
        kinds.map((flags) => daemon.tsker.run(['run', '--rm', ...flags, IMAGE, 'echo', 'hi'])),
      );
      for (const { code, stdout, stderr } of results) {
        t.is(code, 0, stderr);
        t.is(stdout.trim(), 'hi');
      }
    }
  };
  await runMany(5);
  const before = { fd: count('fd'), task: count('task') };
  await runMany(50);
  t.deepEqual(await leftSince(daemon, clean), []);
  await waitFor('the descriptors of the last clients to close', () => count('fd') <= before.fd + 2).catch(
    () => undefined,
  );
  t.log(before, { fd: count('fd'), task: count('task') });
  t.true(count('fd') <= before.fd + 2, `${before.fd} descriptors became ${count('fd')}`);
  t.true(count('task') <= before.task + 2, `${before.task} threads became ${count('task')}`);
});

test.serial('twenty containers started at once', async (t) => {
  const daemon = await readyDaemon(t);
  const clean = await engineState(daemon);
  const script = 'ip -4 -o addr show eth0 | tr -s " " | cut -d" " -f4; hostname; sleep 1';
  const results = await Promise.all(
    Array.from({ length: 20 }, () => daemon.tsker.run(['run', '--rm', IMAGE, 'sh', '-c', script])),
  );
  for (const { code, stderr } of results) t.is(code, 0, stderr);
  const addresses = results.map(({ stdout }) => stdout.split('\n')[0] ?? '');
  t.is(new Set(addresses).size, 20, 'each has an address of its own');
  t.true(addresses.every((address) => address.startsWith(`${daemon.subnet.prefix}.`)));
  t.is(new Set(results.map(({ stdout }) => stdout.split('\n')[1])).size, 20);
  t.deepEqual(await leftSince(daemon, clean), []);
});

test.serial('two daemons side by side, and the end of one', async (t) => {
  const [one, two] = await Promise.all([readyDaemon(t), readyDaemon(t)]);
  await one.tsker.ok(['run', '-d', '--name', 'same', IMAGE, ...SLEEP]);
  await two.tsker.ok(['run', '-d', '--name', 'same', IMAGE, ...SLEEP]);
  const pid = await pidOf(two, 'same');
  await one.kill();
  await one.start();
  t.true(isAlive(pid));
  await one.stop();
  t.true(isAlive(pid));
  t.deepEqual(linksOn(two.bridge).length, 1);
  t.regex(
    await ok(['nsenter', '-t', String(pid), '-n', 'busybox', 'ping', '-c1', two.subnet.gateway]),
    /1 packets received/,
  );
});
