// The daemon as a process: two side by side, a second one on the same root, one without root, sockets of the dead.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import { startDaemon, tskerCommand } from '../helpers/daemon.ts';
import { run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { inspect, logs, runToEnd, start, startWithBusybox } from './daemon.harness.ts';

const tsker = (args: readonly string[]) => run([...tskerCommand(), 'daemon', ...args], { timeout: 30_000 });

/** Options of a daemon that must not come to life. */
function options(directory: string): string[] {
  return [
    ...['--data-root', join(directory, 'root'), '--exec-root', join(directory, 'exec')],
    ...['--pidfile', join(directory, 'pid'), '-H', `unix://${join(directory, 'sock')}`, '--bridge', 'none'],
  ];
}

test.serial('two daemons live side by side, each with its own containers, addresses and names', async (t) => {
  const [one, two] = await Promise.all([startWithBusybox(t), startWithBusybox(t)]);
  const ids = await Promise.all([one, two].map((daemon) => start(daemon, { Cmd: ['sleep', '1000'] }, 'same')));
  const [first, second] = await Promise.all([
    inspect<ContainerInspect>(one, 'same'),
    inspect<ContainerInspect>(two, 'same'),
  ]);
  t.deepEqual([first.Id, second.Id], ids);
  t.true(first.NetworkSettings.IPAddress.startsWith(one.subnet.prefix));
  t.true(second.NetworkSettings.IPAddress.startsWith(two.subnet.prefix));
  await one.stop();
  t.is((await inspect<ContainerInspect>(two, 'same')).State.Status, 'running');
  t.is((await runToEnd(two, { Cmd: ['ping', '-c', '1', '-W', '5', two.subnet.gateway] })).code, 0);
});

test.serial('a second daemon on the same root is told whose it is', async (t) => {
  const daemon = await startDaemon(t);
  const other = tempdir(t, 'second');
  const result = await tsker([...options(other), '--data-root', daemon.root]);
  t.is(result.code, 1);
  t.regex(result.stderr, new RegExp(`^tsker: another daemon \\(pid ${daemon.pid}\\) uses ${daemon.root}\n`, 'm'));
  t.is((await daemon.api('GET', '/_ping')).text, 'OK');
});

test("a second daemon on the same socket is refused, the first one's socket stays", async (t) => {
  const daemon = await startDaemon(t);
  const result = await tsker([...options(tempdir(t, 'second')), '-H', `unix://${daemon.socket}`]);
  t.is(result.code, 1);
  t.regex(result.stderr, /another process listens there/);
  t.is((await daemon.api('GET', '/_ping')).text, 'OK');
});

test.serial('a second daemon with the same pidfile is refused', async (t) => {
  const daemon = await startDaemon(t);
  const result = await tsker([...options(tempdir(t, 'second')), '--pidfile', daemon.pidfile]);
  t.is(result.code, 1);
  t.regex(result.stderr, /process with PID \d+ is still running/);
  t.is(readFileSync(daemon.pidfile, 'utf8').trim(), String(daemon.pid));
});

test.serial('without root it says so, and makes nothing', async (t) => {
  const directory = tempdir(t, 'unprivileged');
  // Readable for everyone, as the executable is; only the daemon's own places are not.
  const command = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...tskerCommand(), 'daemon'];
  const result = await run([...command, ...options(directory)], {
    timeout: 30_000,
    env: { ...process.env, HOME: '/' },
  });
  t.is(result.code, 1);
  t.regex(result.stderr, /^tsker: daemon needs root/m);
  t.false(existsSync(join(directory, 'root')));
});

test.serial('a socket that a dead daemon left is replaced, a file that is none is not', async (t) => {
  const daemon = await startDaemon(t);
  await daemon.kill();
  t.true(existsSync(daemon.socket));
  await daemon.start();
  t.is((await daemon.api('GET', '/_ping')).text, 'OK');

  const directory = tempdir(t, 'file');
  writeFileSync(join(directory, 'sock'), 'precious');
  const result = await tsker(options(directory));
  t.is(result.code, 1);
  t.regex(result.stderr, /it exists and is no socket/);
  t.is(readFileSync(join(directory, 'sock'), 'utf8'), 'precious');
});

test.serial('a start that fails late leaves nothing on the host', async (t) => {
  const directory = tempdir(t, 'late');
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'taken');
  const server = createServer().listen(path);
  t.teardown(() => void server.close());
  const result = await tsker([...options(directory), '-H', `unix://${path}`]);
  t.is(result.code, 1);
  t.false(existsSync(join(directory, 'pid')));
  t.false(existsSync(join(directory, 'sock')), 'the socket it had opened is gone again');
});

test.serial('it listens on several addresses, TCP on the loopback among them', async (t) => {
  const daemon = await startDaemon(t, { args: ['-H', 'tcp://127.0.0.1:0'] });
  t.is((await daemon.api('GET', '/_ping')).text, 'OK');
});

for (const [what, args, message] of [
  ['an unknown option', ['--nonsense'], /unknown flag: --nonsense/],
  ['a relative root', ['--data-root', 'here'], /must be absolute/],
  ['an address for everyone', ['-H', 'tcp://0.0.0.0:2375'], /only loopback/],
  ['an unknown storage driver', ['-s', 'floppy'], /unknown storage driver/],
  ['a bridge name that is none', ['-b', 'far/too/odd'], /not the name of an interface/],
] as const) {
  test.serial(`refused: ${what}`, async (t) => {
    const directory = tempdir(t, 'refused');
    const result = await tsker([...options(directory), ...args]);
    t.is(result.code, 1);
    t.regex(result.stderr, /^tsker: /m);
    t.regex(result.stderr, message);
  });
}

test.serial('--help explains the options', async (t) => {
  const result = await tsker(['--help']);
  t.is(result.code, 0);
  t.regex(result.stdout, /--data-root[\s\S]*--storage-driver[\s\S]*--insecure-registry/);
});

test.serial('the vfs driver runs containers as well', async (t) => {
  const daemon = await startWithBusybox(t, { args: ['--storage-driver', 'vfs'] });
  const { id, code } = await runToEnd(daemon, { Cmd: ['sh', '-c', 'echo hi > /x; cat /x'] });
  t.is(code, 0);
  t.is((await logs(daemon, id)).out, 'hi\n');
  t.is((await inspect<ContainerInspect>(daemon, id)).Driver, 'vfs');
});
