// Needs: root, network namespaces, nf_tables. Published ports through a daemon in a namespace that has an outside: real packets from
// everywhere a client can be. Servers are the image's httpd; datagrams are answered by a program of the host's in the container's namespace.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import type { Daemon } from '../helpers/daemon.ts';
import { makeNetns, type Netns } from '../helpers/netns.ts';
import { makeOutside } from '../helpers/network-world.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { run } from '../helpers/run.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, killWithContainers, startWithBusybox } from './daemon.harness.ts';

const HOST = '203.0.113.1';
const HOST6 = '2001:db8::1';
const OUTSIDE6 = '2001:db8::2';

const owner = suiteOwner(test);
let daemon: Daemon;
let host: Netns;
let outside: Netns;

test.before(async () => {
  host = await makeNetns(owner, 'host');
  await host.ok('ip', 'link', 'set', 'lo', 'up');
  outside = await makeOutside(owner, host);
  daemon = await startWithBusybox(owner, { through: ['nsenter', `--net=${host.path}`] });
});

interface View {
  readonly State: { readonly Pid: number };
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[] | null>>;
    readonly Networks: Readonly<Record<string, { IPAddress: string; Gateway: string }>>;
  };
}

/** httpd that says `word`, and at /cgi-bin/who the address of who asks. */
async function serve(name: string, word: string, ...args: string[]): Promise<string> {
  const who = `printf '#!/bin/sh\\necho; echo "$REMOTE_ADDR"' >/w/cgi-bin/who && chmod 755 /w/cgi-bin/who`;
  const script = `mkdir -p /w/cgi-bin && echo ${word} >/w/index.html && ${who} && exec httpd -f -p 80 -h /w`;
  const id = await daemon.tsker.ok([
    'run',
    '-d',
    '--name',
    name,
    '--stop-signal',
    'KILL',
    ...args,
    'busybox',
    'sh',
    '-c',
    script,
  ]);
  const listens = async (): Promise<boolean> =>
    (await daemon.tsker.run(['exec', name, 'wget', '-qO-', 'http://127.0.0.1/'])).stdout.includes(word);
  await waitFor(`${name} to serve`, listens);
  return id;
}

async function fetchFrom(from: Netns, url: string): Promise<string> {
  const { code, stdout, stderr } = await from.run('curl', '-s', '-S', '-m', '4', url);
  return code === 0 ? stdout.trim() : `${code}: ${stderr.trim()}`;
}

async function fetchInside(container: string, url: string): Promise<string> {
  const { code, stdout, stderr } = await daemon.tsker.run(['exec', container, 'timeout', '5', 'wget', '-qO-', url]);
  return code === 0 ? stdout.trim() : `${code}: ${stderr.trim()}`;
}

async function portOf(container: string, key = '80/tcp'): Promise<string> {
  return (await inspect<View>(daemon, container)).NetworkSettings.Ports[key]?.[0]?.HostPort ?? '';
}

function proxies(of?: Pick<Daemon, 'pid'>): number {
  return proxyPids(of).length;
}

function proxyPids({ pid }: Pick<Daemon, 'pid'> = daemon): number[] {
  const found = readdirSync('/proc').filter((one) => {
    if (!/^\d+$/.test(one) || !existsSync(`/proc/${one}/status`)) return false;
    try {
      const status = readFileSync(`/proc/${one}/status`, 'utf8');
      return /^Name:\ttsker-proxy$/m.test(status) && new RegExp(`^PPid:\t${pid}$`, 'm').test(status);
    } catch {
      // It ended between the look and the reading.
      return false;
    }
  });
  return found.map(Number);
}

test.serial('a published port is reached from outside, the host, localhost, its neighbours and itself', async (t) => {
  await serve('web', 'web-is-here', '-p', '8080:80');
  await daemon.tsker.ok(['run', '-d', '--name', 'neighbour', '--stop-signal', 'KILL', 'busybox', 'sleep', '1000']);
  await daemon.tsker.ok(['network', 'create', 'elsewhere']);
  await daemon.tsker.ok([
    'run',
    '-d',
    '--name',
    'stranger',
    '--net',
    'elsewhere',
    '--stop-signal',
    'KILL',
    'busybox',
    'sleep',
    '1000',
  ]);
  t.is(await fetchFrom(outside, `http://${HOST}:8080/`), 'web-is-here', 'from outside');
  t.is(await fetchFrom(host, `http://${HOST}:8080/`), 'web-is-here', 'from the host by its outer address');
  t.is(await fetchFrom(host, 'http://127.0.0.1:8080/'), 'web-is-here', 'from the host by localhost');
  t.is(await fetchFrom(host, 'http://[::1]:8080/'), 'web-is-here', 'from the host by localhost over IPv6');
  t.is(await fetchInside('neighbour', `http://${HOST}:8080/`), 'web-is-here', 'from its own network');
  t.is(await fetchInside('web', `http://${HOST}:8080/`), 'web-is-here', 'from itself');
  t.is(await fetchInside('stranger', `http://${HOST}:8080/`), 'web-is-here', 'from another network');
  const view = await inspect<View>(daemon, 'web');
  t.deepEqual(view.NetworkSettings.Ports, {
    '80/tcp': [
      { HostIp: '0.0.0.0', HostPort: '8080' },
      { HostIp: '::', HostPort: '8080' },
    ],
  });
  t.is(await daemon.tsker.ok(['port', 'web']), '80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080');
  t.regex(await daemon.tsker.ok(['ps']), /0\.0\.0\.0:8080->80\/tcp/);
  // Not by its own address: nobody published that.
  const { IPAddress: address = '' } = view.NetworkSettings.Networks['bridge'] ?? {};
  await outside.ok('ip', 'route', 'add', `${address}/32`, 'via', HOST);
  t.regex(await fetchFrom(outside, `http://${address}/`), /^(1|7|28): /);
  await daemon.tsker.ok(['rm', '-f', 'web', 'neighbour', 'stranger']);
  await daemon.tsker.ok(['network', 'rm', 'elsewhere']);
  t.regex(await fetchFrom(outside, `http://${HOST}:8080/`), /^(1|7|28): /);
  await waitFor('the proxies to end', () => proxies() === 0);
});

test.serial('without proxies the same ports are reached by rules alone', async (t) => {
  const bare = await startWithBusybox(t, {
    through: ['nsenter', `--net=${host.path}`],
    args: ['--userland-proxy=false'],
  });
  const script = 'mkdir /w && echo by-rules >/w/index.html && exec httpd -f -p 80 -h /w';
  const run = ['run', '-d', '--stop-signal', 'KILL'];
  await bare.tsker.ok([...run, '--name', 'bare', '-p', '8180:80', 'busybox', 'sh', '-c', script]);
  await bare.tsker.ok([...run, '--name', 'beside', 'busybox', 'sleep', '1000']);
  await waitFor('the server', async () => (await fetchFrom(host, `http://${HOST}:8180/`)) === 'by-rules');
  t.is(await fetchFrom(outside, `http://${HOST}:8180/`), 'by-rules', 'from outside');
  t.is(await fetchFrom(host, 'http://127.0.0.1:8180/'), 'by-rules', 'from localhost');
  for (const container of ['beside', 'bare']) {
    const { stdout } = await bare.tsker.run([
      'exec',
      container,
      'timeout',
      '5',
      'wget',
      '-qO-',
      `http://${HOST}:8180/`,
    ]);
    t.is(stdout.trim(), 'by-rules', `from ${container}`);
  }
  t.is(proxies(bare), 0);
  await bare.tsker.ok(['rm', '-f', 'bare', 'beside']);
});

test.serial(
  'over IPv6 rules lead to a container that has an address of it, and the proxy to one that has none',
  async (t) => {
    await host.ok('ip', 'addr', 'add', `${HOST6}/64`, 'dev', 'uplink', 'nodad');
    await outside.ok('ip', 'addr', 'add', `${OUTSIDE6}/64`, 'dev', 'uplink', 'nodad');
    await daemon.tsker.ok(['network', 'create', '--ipv6', 'six']);
    await serve('six', 'six-is-here', '--net', 'six', '-p', '8280:80');
    await serve('four', 'four-is-here', '-p', '8281:80');
    t.is(await fetchFrom(outside, `http://[${HOST6}]:8280/cgi-bin/who`), `[${OUTSIDE6}]`, 'its own address is seen');
    t.is(await fetchFrom(outside, `http://${HOST}:8280/cgi-bin/who`), '[::ffff:203.0.113.2]');
    t.is(await fetchFrom(host, `http://[${HOST6}]:8280/`), 'six-is-here');
    t.is(await fetchInside('four', `http://${HOST}:8280/`), 'six-is-here');
    t.is(await fetchFrom(outside, `http://[${HOST6}]:8281/`), 'four-is-here');
    const { NetworkSettings } = await inspect<View>(daemon, 'four');
    const gateway = NetworkSettings.Networks['bridge']?.Gateway ?? '';
    t.is(await fetchFrom(outside, `http://[${HOST6}]:8281/cgi-bin/who`), `[::ffff:${gateway}]`, 'the proxy is seen');
    await daemon.tsker.ok(['rm', '-f', 'six', 'four']);
    await daemon.tsker.ok(['network', 'rm', 'six']);
  },
);

test.serial('a port of one address is reached there and nowhere else', async (t) => {
  await serve('inner', 'inner-is-here', '-p', '127.0.0.1:8081:80', '-p', `${HOST}:8082:80`);
  t.is(await fetchFrom(host, 'http://127.0.0.1:8081/'), 'inner-is-here');
  t.regex(await fetchFrom(outside, `http://${HOST}:8081/`), /^(1|7|28): /);
  t.is(await fetchFrom(outside, `http://${HOST}:8082/`), 'inner-is-here');
  t.regex(await fetchFrom(host, 'http://127.0.0.1:8082/'), /^(1|7|28): /);
  await daemon.tsker.ok(['rm', '-f', 'inner']);
});

test.serial('a port that somebody has is an error before anything runs, and leaves nothing', async (t) => {
  await serve('first', 'first', '-p', '8083:80');
  const before = proxies();
  const { code, stderr } = await daemon.tsker.run([
    'run',
    '--name',
    'second',
    '-p',
    '8084:80',
    '-p',
    '8083:80',
    'busybox',
    'true',
  ]);
  t.is(code, 125);
  t.regex(
    stderr,
    /driver failed programming external connectivity on endpoint second \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:8083 failed: port is already allocated/,
  );
  t.is(proxies(), before);
  await daemon.tsker.ok(['rm', 'second']);
  await daemon.tsker.ok(['rm', '-f', 'first']);
  await daemon.tsker.ok(['run', '--rm', '-p', '8083:80', '-p', '8084:80', 'busybox', 'true']);
});

test.serial('--publish-all and ranges take what is free', async (t) => {
  await serve('all', 'all-of-it', '-P');
  await serve('range1', 'one', '-p', '8090-8095:80');
  await serve('range2', 'two', '-p', '8090-8095:80');
  t.is(await fetchFrom(outside, `http://${HOST}:${await portOf('all')}/`), 'all-of-it');
  t.is(await portOf('range1'), '8090');
  t.is(await portOf('range2'), '8091');
  t.is(await fetchFrom(outside, `http://${HOST}:8091/`), 'two');
  await daemon.tsker.ok(['rm', '-f', 'all', 'range1', 'range2']);
});

/** Answers datagrams to port 5300 of a container with a word. */
async function answerDatagrams(t: ExecutionContext, container: string, word: string): Promise<void> {
  const { State } = await inspect<View>(daemon, container);
  const script = [
    'import socket,sys',
    's=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind(("0.0.0.0",5300)); print("up",flush=True)',
    'while True:',
    '  m,a=s.recvfrom(4096); s.sendto(sys.argv[1].encode()+b" "+m,a)',
  ].join('\n');
  const child = spawn('nsenter', ['-t', String(State.Pid), '-n', 'python3', '-c', script, word], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
}

interface Stream {
  /** Who has answered so far, as `word@address`. */
  heard(): readonly string[];
  readonly ended: Promise<void>;
}

/** A client with one socket that asks until it has heard every word. */
function openStream(t: ExecutionContext, from: Netns, target: string, words: readonly string[]): Stream {
  const script = [
    'import socket,sys,time',
    'host,*words=sys.argv[1:]; heard=[]; end=time.monotonic()+30',
    's=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(0.05)',
    'while heard!=words and time.monotonic()<end:',
    '  s.sendto(b"q\\n",(host,5300))',
    '  try: word,sender=s.recvfrom(4096)',
    '  except OSError: continue',
    '  said=word.decode().split()[0]+"@"+sender[0]',
    '  if said not in heard: heard.append(said); print(said,flush=True)',
  ].join('\n');
  const expected = words.map((word) => `${word}@${target}`);
  const child = spawn('ip', ['netns', 'exec', from.name, 'python3', '-c', script, target, ...expected], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString();
  });
  return { heard: () => output.trim().split('\n'), ended: once(child, 'close').then(() => undefined) };
}

/** A client that keeps its own port through everything. */
function ask(from: Netns, target: string, port: number): Promise<string> {
  const script = [
    'import socket,sys',
    's=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind(("0.0.0.0",4321)); s.settimeout(3)',
    's.sendto(b"q",(sys.argv[1],int(sys.argv[2])))',
    'print(s.recvfrom(4096))',
  ].join('\n');
  return from.ok('python3', '-c', script, target, String(port));
}

test.serial(
  'datagrams are answered from the address they were sent to, and a stream follows its container over a restart',
  async (t) => {
    await daemon.tsker.ok([
      'run',
      '-d',
      '--name',
      'dns',
      '-p',
      '5300:5300/udp',
      '--stop-signal',
      'KILL',
      'busybox',
      'sleep',
      '1000',
    ]);
    await answerDatagrams(t, 'dns', 'one');
    t.is(await ask(outside, HOST, 5300), `(b'one q', ('${HOST}', 5300))`);
    t.is(await ask(host, '127.0.0.1', 5300), "(b'one q', ('127.0.0.1', 5300))");
    // Somebody takes its address meanwhile.
    await daemon.tsker.ok(['stop', 'dns']);
    await daemon.tsker.ok(['run', '-d', '--name', 'other', '--stop-signal', 'KILL', 'busybox', 'sleep', '1000']);
    await daemon.tsker.ok(['start', 'dns']);
    await answerDatagrams(t, 'dns', 'two');
    t.is(await ask(outside, HOST, 5300), `(b'two q', ('${HOST}', 5300))`);
    await daemon.tsker.ok(['rm', '-f', 'dns', 'other']);
  },
);

test.serial(
  'streams of datagrams, from outside and from localhost, outlive a restart of their container',
  async (t) => {
    // The host's python3, in the container: it has to end with it. It says how often the container has been started.
    const python = ['/usr:/usr', '/usr/lib:/lib', '/usr/lib64:/lib64'].flatMap((mount) => ['-v', `${mount}:ro`]);
    const script = [
      'import socket',
      'open("/starts","a").write("x"); word=str(len(open("/starts").read())).encode()',
      's=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind(("0.0.0.0",5300))',
      'while True: s.sendto(word,s.recvfrom(4096)[1])',
    ].join('\n');
    const args = ['--name', 'stream', '-p', '5300:5300/udp', '--stop-signal', 'KILL', ...python];
    await daemon.tsker.ok(['run', '-d', ...args, 'busybox', '/usr/bin/python3', '-c', script]);
    const streams = [openStream(t, outside, HOST, ['1', '2']), openStream(t, host, '127.0.0.1', ['1', '2'])];
    await waitFor('both to be answered', () => streams.every(({ heard }) => heard().join().startsWith('1')));
    await daemon.tsker.ok(['restart', 'stream']);
    await Promise.all(streams.map(({ ended }) => ended));
    t.deepEqual(
      streams.map(({ heard }) => heard()),
      [HOST, '127.0.0.1'].map((target) => ['1', '2'].map((word) => `${word}@${target}`)),
    );
    await daemon.tsker.ok(['rm', '-f', 'stream']);
  },
);

test.serial('after another program flushed all rules, ports are reached again', async (t) => {
  await serve('flushed', 'still-here', '-p', '8085:80');
  await host.ok('nft', 'flush', 'ruleset');
  await waitFor(
    'the rules to be back',
    async () => (await fetchFrom(outside, `http://${HOST}:8085/`)) === 'still-here',
  );
  await daemon.tsker.ok(['rm', '-f', 'flushed']);
  t.pass();
});

test.serial(
  'a proxy that dies is started again while its port is published, and given up when it never lives',
  async (t) => {
    await serve('kept', 'kept', '-p', '127.0.0.1:8090:80');
    const [first = 0] = proxyPids();
    process.kill(first, 'SIGKILL');
    // The client comes while there is none: it is answered by the next.
    await waitFor('the death', () => !proxyPids().includes(first), { interval: 5 });
    t.is(await fetchFrom(host, 'http://127.0.0.1:8090/'), 'kept');
    t.regex(daemon.output(), /the proxy of port 8090\/tcp was ended by SIGKILL; it is started again/);
    // Not the daemon's patience with each life is tried here, but that it ends.
    const given = () => /the proxy of port 8090\/tcp .* times in a row: it is not started again/.test(daemon.output());
    await waitFor(
      'it to be given up',
      async () => {
        // It may have ended by itself since the look.
        for (const pid of proxyPids()) await run(['kill', '-9', String(pid)]);
        return given();
      },
      { timeout: 20_000, interval: 20 },
    );
    await daemon.tsker.ok(['restart', '-t', '0', 'kept']);
    await waitFor('the server', async () => (await fetchFrom(host, 'http://127.0.0.1:8090/')) === 'kept');
    await daemon.tsker.ok(['rm', '-f', 'kept']);
    await waitFor('the proxies to end', () => proxies() === 0);
  },
);

test.serial('a published port follows its container to another network', async (t) => {
  await daemon.tsker.ok(['network', 'create', 'moved']);
  await serve('mover', 'on-the-move', '-p', '8086:80');
  await daemon.tsker.ok(['network', 'connect', 'moved', 'mover']);
  await daemon.tsker.ok(['network', 'disconnect', 'bridge', 'mover']);
  t.is(await fetchFrom(outside, `http://${HOST}:8086/`), 'on-the-move');
  t.is(await fetchFrom(host, 'http://127.0.0.1:8086/'), 'on-the-move');
  await daemon.tsker.ok(['rm', '-f', 'mover']);
  await daemon.tsker.ok(['network', 'rm', 'moved']);
});

test.serial('ports come and go while a container runs, and are still so after a restart', async (t) => {
  await serve('changing', 'changing', '-p', '8088:80');
  await daemon.tsker.ok(['update', '--publish-add', '8089:80', '--publish-rm', '8088', 'changing']);
  t.is(await fetchFrom(outside, `http://${HOST}:8089/`), 'changing');
  t.is(await fetchFrom(host, 'http://127.0.0.1:8089/'), 'changing');
  t.regex(await fetchFrom(outside, `http://${HOST}:8088/`), /^(1|7|28): /);
  t.regex(await fetchFrom(host, 'http://127.0.0.1:8088/'), /^(1|7|28): /);
  t.is(await daemon.tsker.ok(['port', 'changing', '80']), '0.0.0.0:8089\n[::]:8089');
  const taken = await daemon.tsker.run(['update', '--publish-add', '8089:81', 'changing']);
  t.regex(taken.stderr, /port is already allocated/);
  t.regex((await daemon.tsker.run(['update', '--publish-rm', '9', 'changing'])).stderr, /no port '9' is published/);
  await daemon.tsker.ok(['restart', 'changing']);
  await waitFor('the server', async () => (await fetchFrom(host, 'http://127.0.0.1:8089/')) === 'changing');
  t.regex(
    await daemon.tsker.ok(['port', '--reachable', 'changing']),
    /from outside: any IPv4 address of this host, port 8089/,
  );
  await daemon.tsker.ok(['rm', '-f', 'changing']);
});

test.serial(
  'killed with its containers, the daemon leaves no rule and no proxy, and the ports are free again',
  async (t) => {
    await serve('victim', 'victim', '-p', '8087:80');
    await killWithContainers(daemon);
    await daemon.start();
    t.is(proxies(), 0);
    t.notRegex(await host.ok('nft', 'list', 'ruleset'), /8087/);
    await daemon.tsker.ok(['rm', 'victim']);
    await serve('heir', 'heir', '-p', '8087:80');
    t.is(await fetchFrom(outside, `http://${HOST}:8087/`), 'heir');
    await daemon.tsker.ok(['rm', '-f', 'heir']);
  },
);
