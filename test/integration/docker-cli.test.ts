// The docker command line against the daemon, the current one and that of Debian: what people type has to work and to read
// as with Docker.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Daemon } from '../helpers/daemon.ts';
import { dockerClis } from '../helpers/docker-cli.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { startBackground } from '../helpers/process.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

const unique = (): string => `t${randomBytes(6).toString('hex')}`;

for (const cli of dockerClis()) {
  const docker = () => daemon.docker(cli);

  test(`${cli}: run --rm prints what the program prints`, async (t) => {
    t.is(await docker().ok(['run', '--rm', 'busybox', 'echo', 'hi']), 'hi');
  });

  test(`${cli}: stdout and stderr stay apart`, async (t) => {
    const result = await docker().run(['run', '--rm', 'busybox', 'sh', '-c', 'echo out; echo err >&2']);
    t.deepEqual([result.stdout, result.stderr], ['out\n', 'err\n']);
  });

  const codes: [string, string[], number, RegExp][] = [
    ["the program's own", ['sh', '-c', 'exit 42'], 42, /^$/],
    ['a program that is missing', ['nosuchprogram'], 127, /executable file not found in \$PATH/],
    ['a program that is not executable', ['/etc/passwd'], 126, /permission denied/],
    ['a directory', ['/etc'], 126, /is a directory/],
    ['a program killed by a signal', ['sh', '-c', "sh -c 'kill -9 $$'; exit $?"], 137, /.*/],
  ];
  for (const [what, argv, code, stderr] of codes) {
    test(`${cli}: exit code of ${what} is ${code}`, async (t) => {
      const result = await docker().run(['run', '--rm', 'busybox', ...argv]);
      t.is(result.code, code);
      t.regex(result.stderr, stderr);
    });
  }

  test(`${cli}: an unknown option of the daemon's is 125`, async (t) => {
    const result = await docker().run(['run', '--rm', '--log-driver', 'pigeon', 'busybox', 'true']);
    t.is(result.code, 125);
    t.regex(result.stderr, /Error response from daemon/);
  });

  test(`${cli}: stdin reaches the program, and its end too`, async (t) => {
    t.is(await docker().ok(['run', '--rm', '-i', 'busybox', 'cat'], { input: 'echo' }), 'echo');
    t.is(await docker().ok(['run', '--rm', '-i', 'busybox', 'wc', '-c'], { input: 'x'.repeat(300_000) }), '300000');
  });

  test(`${cli}: without -i the program reads nothing`, async (t) => {
    t.is(await docker().ok(['run', '--rm', 'busybox', 'cat'], { input: 'unread' }), '');
  });

  test(`${cli}: a program that does not read its input ends all the same`, async (t) => {
    const result = await docker().run(['run', '--rm', '-i', 'busybox', 'echo', 'done'], {
      input: 'x'.repeat(2_000_000),
    });
    t.is(result.stdout, 'done\n');
    t.is(result.code, 0);
  });

  test(`${cli}: five megabytes come out as they went in`, async (t) => {
    const input = randomBytes(5 * 1024 * 1024);
    const { bytes, code } = await docker().run(['run', '--rm', '-i', 'busybox', 'cat'], { input });
    t.is(code, 0);
    t.is(digest(bytes), digest(input));
  });

  test(`${cli}: a terminal has its size, hears of a new one, and gives the exit code`, async (t) => {
    const terminal = docker().terminal(t, ['run', '-it', '--rm', 'busybox', 'sh'], { rows: 31, columns: 97 });
    await terminal.expect(/\/ # /);
    // The client sends the size when its start has been answered: the shell may be quicker.
    await waitFor(
      'its size',
      async () => {
        terminal.type('stty size; tty; echo $TERM\r');
        return /31 97\r\n\/dev\/pts\/0\r\nxterm/.test(terminal.shown());
      },
      { interval: 200 },
    );
    terminal.resize(44, 120);
    await waitFor(
      'the new size',
      async () => {
        terminal.type('stty size\r');
        return /44 120/.test(terminal.shown());
      },
      { interval: 200 },
    );
    terminal.type('exit 9\r');
    t.is(await terminal.exited, 9);
  });

  test(`${cli}: ctrl-c in a terminal interrupts the program`, async (t) => {
    const terminal = docker().terminal(t, [
      'run',
      '-it',
      '--rm',
      'busybox',
      'sh',
      '-c',
      'trap "echo caught; exit 3" INT; echo ready; while :; do sleep 0.1; done',
    ]);
    await terminal.expect(/ready/);
    terminal.type('\x03');
    await terminal.expect(/caught/);
    t.is(await terminal.exited, 3);
  });

  test(`${cli}: detaching leaves the container running`, async (t) => {
    const name = unique();
    const terminal = docker().terminal(t, ['run', '-it', '--name', name, 'busybox', 'sh']);
    await terminal.expect(/\/ # /);
    terminal.type('\x10\x11');
    t.is(await terminal.exited, 0);
    t.is(await docker().ok(['inspect', '-f', '{{.State.Status}}', name]), 'running');
    const again = docker().terminal(t, ['attach', name]);
    again.type('echo back again\r');
    await again.expect(/back again/);
    again.type('exit\r');
    await again.exited;
    await docker().ok(['rm', '-f', name]);
  });

  test(`${cli}: run -d, ps, logs -f, stop, start, rm`, async (t) => {
    const name = unique();
    const script = 'trap "echo bye; exit 0" TERM; i=0; while :; do echo line $i; i=$((i+1)); sleep 0.1; done';
    const id = await docker().ok(['run', '-d', '--name', name, '-l', `of=${name}`, 'busybox', 'sh', '-c', script]);
    t.regex(id, /^[0-9a-f]{64}$/);
    const following = docker().run(['logs', '-f', name]);
    await waitFor('some lines', async () => /line 3/.test(await docker().ok(['logs', name])));
    t.regex(
      await docker().ok(['ps', '--filter', `label=of=${name}`, '--format', '{{.Status}} {{.Image}} {{.Command}}']),
      /^Up .* busybox "sh -c/,
    );
    t.is(await docker().ok(['stop', name]), name);
    const { stdout } = await following;
    t.regex(stdout, /^line 0\nline 1\n[\s\S]*bye\n$/);
    t.regex(await docker().ok(['ps', '-a', '--filter', `name=${name}`, '--format', '{{.Status}}']), /^Exited \(0\)/);
    t.is(await docker().ok(['start', name]), name);
    const refused = await docker().run(['rm', name]);
    t.is(refused.code, 1);
    t.regex(refused.stderr, /container is running: stop the container before removing or force remove/);
    t.is(await docker().ok(['rm', '-f', name]), name);
    t.regex((await docker().run(['inspect', name])).stderr, /No such/);
  });

  test(`${cli}: inspect tells what was asked for`, async (t) => {
    const name = unique();
    await docker().ok([
      'create',
      '--name',
      name,
      '-e',
      'A=b',
      '-w',
      '/tmp',
      '-u',
      'www',
      '-h',
      'inner',
      '-m',
      '64m',
      '--cpus',
      '0.5',
      '-l',
      'x=y',
      '--entrypoint',
      'sh',
      'busybox',
      '-c',
      'id',
    ]);
    const [seen] = JSON.parse(await docker().ok(['inspect', name])) as Record<string, Record<string, unknown>>[];
    t.like(seen, { Name: `/${name}`, Path: 'sh', Args: ['-c', 'id'], Driver: 'overlay2', Platform: 'linux' } as never);
    t.like(seen?.['Config'], { User: 'www', WorkingDir: '/tmp', Hostname: 'inner', Image: 'busybox' });
    t.like(seen?.['HostConfig'], { Memory: 67_108_864, NanoCpus: 500_000_000, NetworkMode: 'bridge' });
    t.like(seen?.['State'], { Status: 'created', Running: false, Pid: 0, StartedAt: '0001-01-01T00:00:00Z' });
    t.regex(await docker().ok(['start', '-a', name]), /^uid=33\(www\) gid=33\(www\) groups=33\(www\),50\(staff\)/);
    await docker().ok(['rm', name]);
  });

  test(`${cli}: what is asked for is in the container`, async (t) => {
    const directory = tempdir(t, 'bind');
    writeFileSync(join(directory, 'given'), 'by the host');
    const script =
      'hostname; pwd; echo $A; cat /data/given; touch /data/x 2>&1; cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max';
    const out = await docker().ok([
      'run',
      '--rm',
      '-h',
      'inner',
      '-w',
      '/tmp',
      '-e',
      'A=b',
      '-m',
      '64m',
      '-v',
      `${directory}:/data:ro`,
      'busybox',
      'sh',
      '-c',
      script,
    ]);
    t.deepEqual(out.split('\n'), [
      'inner',
      '/tmp',
      'b',
      'by the hosttouch: /data/x: Read-only file system',
      '67108864',
    ]);
  });

  test(`${cli}: a missing directory of -v is made, one of --mount is refused`, async (t) => {
    const directory = tempdir(t, 'bind');
    const missing = join(directory, 'a/b');
    await docker().ok(['run', '--rm', '-v', `${missing}:/data`, 'busybox', 'touch', '/data/x']);
    t.is(readFileSync(join(missing, 'x'), 'utf8'), '');
    const refused = await docker().run([
      'run',
      '--rm',
      '--mount',
      `type=bind,source=${directory}/no,target=/d`,
      'busybox',
      'true',
    ]);
    t.not(refused.code, 0);
    t.regex(refused.stderr, /bind source path does not exist/);
  });

  test(`${cli}: events come in the order that clients depend on`, async (t) => {
    const name = unique();
    const log = join(tempdir(t, 'events'), 'log');
    const { path, env } = docker();
    const watching = startBackground([path, 'events', '--filter', `container=${name}`, '--format', '{{json .}}'], {
      log,
      env,
    });
    t.teardown(() => watching.stop());
    await waitFor(
      'a listener',
      async () => (await daemon.api('GET', '/info')).json<{ NEventsListener: number }>().NEventsListener > 0,
    );
    await docker().ok([
      'run',
      '-d',
      '--name',
      name,
      '-l',
      'tier=front',
      'busybox',
      'sh',
      '-c',
      'trap "exit 3" TERM; while :; do sleep 0.1; done',
    ]);
    await docker().ok(['stop', name]);
    await docker().ok(['start', name]);
    await docker().ok(['rm', '-f', name]);
    const seen = await waitFor('the last event', () => {
      const lines = watching.output().trim().split('\n');
      return lines.some((line) => line.includes('"destroy"')) && lines.map((line) => JSON.parse(line) as Event);
    });
    t.deepEqual(
      seen.map(({ Action, Actor }) => [Action, Actor.Attributes['signal'] ?? Actor.Attributes['exitCode'] ?? '']),
      [
        ['create', ''],
        ['start', ''],
        ['kill', '15'],
        ['die', '3'],
        ['stop', ''],
        ['start', ''],
        ['kill', '9'],
        ['die', '137'],
        ['destroy', ''],
      ],
    );
    for (const { Actor } of seen)
      t.like(Actor.Attributes, { name, image: 'busybox', tier: 'front', made: 'for tests' });
  });

  test(`${cli}: wait, top, kill`, async (t) => {
    const name = unique();
    await docker().ok(['run', '-d', '--name', name, 'busybox', 'sleep', '1000']);
    const waiting = docker().ok(['wait', name]);
    t.regex(await docker().ok(['top', name]), /UID +PID +PPID[\s\S]*sleep 1000/);
    t.is(await docker().ok(['kill', name]), name);
    t.is(await waiting, '137');
    const refused = await docker().run(['kill', name]);
    t.regex(refused.stderr, /is not running/);
    await docker().ok(['rm', name]);
  });

  test(`${cli}: a container waits for its image: an unknown one is pulled`, async (t) => {
    const result = await docker().run(['run', '--rm', 'localhost:1/nothing/there', 'true']);
    t.is(result.code, 125);
    t.regex(result.stderr, /Unable to find image 'localhost:1\/nothing\/there:latest' locally/);
  });

  test(`${cli}: info and version are understood`, async (t) => {
    t.is(await docker().ok(['info', '--format', '{{.Driver}} {{.Swarm.LocalNodeState}}']), 'overlay2 inactive');
    t.regex(await docker().ok(['version', '--format', '{{.Server.APIVersion}}']), /^1\.\d+$/);
    t.regex(
      await docker().ok(['network', 'ls', '--format', '{{.Name}}:{{.Driver}}']),
      /bridge:bridge\nhost:host\nnone:null/,
    );
    t.is(
      await docker().ok(['network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', 'bridge']),
      daemon.subnet.gateway,
    );
    t.is(await docker().ok(['volume', 'ls', '-q']), '');
  });

  test(`${cli}: --net none and --net host`, async (t) => {
    t.is(await docker().ok(['run', '--rm', '--net', 'none', 'busybox', 'ls', '/sys/class/net']), 'lo');
    const inside = await docker().ok(['run', '--rm', '--net', 'host', 'busybox', 'ls', '/sys/class/net']);
    t.true(inside.split('\n').includes(daemon.bridge));
  });
}

interface Event {
  readonly Action: string;
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test('the log is a real file in the form of Docker', async (t) => {
  const docker = daemon.docker();
  const name = unique();
  await docker.ok(['run', '--name', name, 'busybox', 'echo', 'hi']);
  const path = await docker.ok(['inspect', '-f', '{{.LogPath}}', name]);
  t.regex(readFileSync(path, 'utf8'), /^\{"log":"hi\\n","stream":"stdout","time":"[^"]+Z"\}\n$/);
  await docker.ok(['rm', name]);
});
