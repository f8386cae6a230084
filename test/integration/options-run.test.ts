// Options of run through tsker's own command line, by what the program inside finds: those that other tests give by the API
// alone, or not at all. test/unit/cli/create/observed.test.ts keeps the list of all of them. Needs root.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { startBackground } from '../helpers/process.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, start, startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
let directory: string;
/** Of the network `options`. */
let subnet: string;
let subnet6: string;
test.before(async () => {
  daemon = await startWithBusybox(suite);
  directory = tempdir(suite, 'options');
  writeFileSync(join(directory, 'env'), '# a comment\nFROM_FILE=one two\n');
  writeFileSync(join(directory, 'labels'), 'from.file=yes\n');
  subnet = `10.198.${daemon.subnet.prefix.split('.')[2]}`;
  subnet6 = `fd00:${daemon.bridge.slice(3, 7)}:${daemon.bridge.slice(7, 11)}:`;
  const subnets = ['--subnet', `${subnet}.0/24`, '--ipv6', '--subnet', `${subnet6}:/64`];
  await daemon.tsker.ok(['network', 'create', ...subnets, 'options']);
  await start(daemon, { Cmd: ['sleep', '1000'] }, 'peer');
});
test.after.always(async () => {
  await daemon.tsker.run(['rm', '-f', 'peer']);
});

interface Case {
  readonly flags: () => readonly string[];
  readonly script: string;
  readonly out: RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
  // Environment
  '--env and --env-file': {
    flags: () => ['-e', 'GIVEN=x y', '--env-file', join(directory, 'env')],
    script: 'echo "$GIVEN, $FROM_FILE"',
    out: /^x y, one two\n$/,
  },
  '--entrypoint': { flags: () => ['--entrypoint', 'echo'], script: 'x', out: /^sh -c x\n$/ },
  '--hostname and --domainname': {
    flags: () => ['--hostname', 'box', '--domainname', 'example.test'],
    script: 'hostname; cat /proc/sys/kernel/domainname',
    out: /^box\nexample\.test\n$/,
  },
  '--user and --workdir': {
    flags: () => ['--user', '12:34', '--workdir', '/tmp'],
    script: 'id -u; id -g; pwd',
    out: /^12\n34\n\/tmp\n$/,
  },
  '--volume': {
    flags: () => ['--volume', `${directory}:/v:ro`],
    script: 'cat /v/labels; touch /v/x || echo sealed',
    out: /^from\.file=yes\nsealed\n$/,
  },
  '--tty': { flags: () => ['--tty'], script: 'test -t 1 && echo terminal', out: /^terminal\r\n$/ },
  // Names
  '--add-host': {
    flags: () => ['--add-host', 'far:192.0.2.7'],
    script: 'grep far /etc/hosts',
    out: /^192\.0\.2\.7\tfar\n$/,
  },
  '--dns, --dns-option and --dns-search': {
    flags: () => ['--dns', '192.0.2.1', '--dns-option', 'ndots:3', '--dns-search', 'example.test'],
    script: 'cat /etc/resolv.conf',
    out: /^(?=[\s\S]*nameserver 192\.0\.2\.1)(?=[\s\S]*search example\.test)(?=[\s\S]*options .*ndots:3)/,
  },
  '--link': {
    flags: () => ['--link', 'peer:other'],
    script: 'ping -c 1 -W 2 other >/dev/null && echo reached',
    out: /^reached\n$/,
  },
  // Network
  '--network, --ip, --ip6 and --mac-address': {
    flags: () => [
      '--network',
      'options',
      '--ip',
      `${subnet}.77`,
      '--ip6',
      `${subnet6}:77`,
      '--mac-address',
      '02:00:00:00:00:77',
    ],
    script: 'ip addr show eth0',
    out: /^(?=[\s\S]*02:00:00:00:00:77)(?=[\s\S]*inet 10\.198\.\d+\.77\/24)(?=[\s\S]*inet6 fd00:[0-9a-f:]+77\/64)/,
  },
  '--link-local-ip': {
    flags: () => ['--network', 'options', '--link-local-ip', '169.254.7.8'],
    script: 'ip addr show eth0',
    out: /inet 169\.254\.7\.8\//,
  },
  '--network-alias': {
    flags: () => ['--network', 'options', '--network-alias', 'myself'],
    script: 'ping -c 1 -W 2 myself >/dev/null && echo reached',
    out: /^reached\n$/,
  },
};

for (const [title, { flags, script, out }] of Object.entries(CASES)) {
  test(`run ${title}`, async (t) => {
    const result = await daemon.tsker.run(['run', '--rm', ...flags(), 'busybox', 'sh', '-c', script]);
    t.regex(result.stdout, out, result.stderr);
  });
}

test('run --attach: one stream is brought, the other is not', async (t) => {
  const script = 'echo out; echo err >&2';
  const result = await daemon.tsker.run(['run', '--rm', '--attach', 'stderr', 'busybox', 'sh', '-c', script]);
  t.deepEqual([result.stdout, result.stderr], ['', 'err\n']);
});

test('run --interactive: stdin is the program’s', async (t) => {
  t.is(await daemon.tsker.ok(['run', '--rm', '--interactive', 'busybox', 'cat'], { input: 'in' }), 'in');
});

test('run --cidfile, --name, --label, --label-file and --detach', async (t) => {
  const cidfile = join(directory, 'cid');
  const labels = ['--label', 'given=1', '--label-file', join(directory, 'labels')];
  const words = ['--detach', '--cidfile', cidfile, '--name', 'named', ...labels, '--annotation', 'a=b'];
  const id = await daemon.tsker.ok(['run', ...words, 'busybox', 'sleep', '1000']);
  t.is(readFileSync(cidfile, 'utf8'), id);
  t.true(existsSync(`/proc/${(await inspect<ContainerInspect>(daemon, 'named')).State.Pid}`), 'it runs on its own');
  const filters = ['--filter', 'label=given=1', '--filter', 'label=from.file=yes'];
  t.is(await daemon.tsker.ok(['ps', '-q', '--no-trunc', ...filters]), id);
  t.is((await daemon.tsker.run(['run', '--cidfile', cidfile, 'busybox', 'true'])).code, 125, 'it is there');
  await daemon.tsker.ok(['rm', '-f', id]);
});

test('run --runtime: the engine’s own by its name and by Docker’s, and no other', async (t) => {
  t.is(await daemon.tsker.ok(['run', '--rm', '--runtime', 'runc', 'busybox', 'echo', 'runs']), 'runs');
  const other = await daemon.tsker.run(['run', '--rm', '--runtime', 'other', 'busybox', 'true']);
  t.is(other.code, 125);
  t.regex(other.stderr, /unknown or invalid runtime name: other/);
});

test('run --platform: another one than the image’s is not there', async (t) => {
  const words = ['run', '--rm', '--pull', 'never', '--platform'];
  t.is(await daemon.tsker.ok([...words, 'linux/amd64', 'busybox', 'echo', 'runs']), 'runs');
  t.is((await daemon.tsker.run([...words, 'linux/s390x', 'busybox', 'true'])).code, 125);
});

test('run --sig-proxy: a signal to the client is one to the program, unless it is not to be', async (t) => {
  const script = 'trap "echo caught" USR1; echo ready; for i in $(seq 100); do sleep 0.05; test -e /end && exit; done';
  for (const [flag, caught] of [
    ['--sig-proxy', true],
    ['--sig-proxy=false', false],
  ] as const) {
    const name = `proxied-${caught}`;
    const log = join(directory, name);
    const argv = [...daemon.tsker.path.split(' '), 'run', '--rm', flag, '--name', name, 'busybox', 'sh', '-c', script];
    const client = startBackground(argv, { log, env: daemon.tsker.env });
    t.teardown(() => client.stop());
    await waitFor('the program runs', () => client.output().includes('ready'));
    client.signal('SIGUSR1');
    if (caught) await waitFor('the signal', () => client.output().includes('caught'));
    else await waitFor('the end of the client', () => client.exitCode() !== undefined);
    t.is(client.output().includes('caught'), caught);
    await daemon.tsker.run(['rm', '-f', name]);
  }
});
