// The same arguments through the docker CLI and through tsker must ask the daemon for the same container. A server that
// writes down what it is asked stands in for the daemon. Needs: a docker CLI; Debian's 20.10 does not know all of it.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { tskerCommand } from '../helpers/daemon.ts';
import { dockerCli, dockerClis, engineCli } from '../helpers/docker-cli.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { tempdir } from '../helpers/tempdir.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const directory = tempdir(suite, 'agreement');
const profile = join(directory, 'seccomp.json');
const envFile = join(directory, 'env');
const labelFile = join(directory, 'labels');
writeFileSync(profile, '{ "defaultAction": "SCMP_ACT_ALLOW" }\n');
writeFileSync(envFile, '# a comment\n\nONE=1\n  TWO=two words \nFROM_HERE\nNOT_SET_ANYWHERE\n');
writeFileSync(labelFile, 'from.file=yes\nbare\n');

/** Arguments of create, as a user would type them between spaces; `␣` is a space inside one. */
const CASES: readonly string[] = [
  'busybox',
  'busybox echo hi -x --rm',
  '-it busybox sh',
  '-i -a stdin -a stdout busybox',
  '--name web -h host --domainname example.org -u 1000:1000 -w /srv busybox',
  '-e A=1 -e FROM_HERE -e NOT_SET_ANYWHERE -e EMPTY= busybox',
  `--env-file ${envFile} -e ONE=again busybox`,
  `-l a=b -l c --label-file ${labelFile} busybox`,
  '--entrypoint /bin/sh busybox -c true',
  '--entrypoint= busybox',
  '-v /a:/b -v /c:/d:ro,z -v /anonymous busybox',
  '-v ./here:/there busybox',
  '--mount type=bind,source=/a,target=/b,readonly --mount type=tmpfs,dst=/t,tmpfs-size=64m,tmpfs-mode=1770 busybox',
  '--mount type=bind,src=/a,dst=/b,bind-propagation=rshared --mount source=v,target=/v,volume-nocopy busybox',
  '--mount type=volume,src=v,dst=/v,volume-label=a=b,volume-driver=local,volume-opt=o=x busybox',
  '--tmpfs /run --tmpfs /tmp:rw,size=1m busybox',
  '-m 64m --memory-swap -1 --memory-reservation 32m --memory-swappiness 10 --oom-kill-disable --oom-score-adj 7 busybox',
  '--cpus 0.5 -c 512 --cpuset-cpus 0,1 --cpuset-mems 0 --pids-limit 99 --shm-size 128m busybox',
  '--cpu-period 50000 --cpu-quota 25000 --cpu-rt-period 10 --cpu-rt-runtime 20 busybox',
  '--cpus 1.123456789 busybox',
  '--blkio-weight 300 --blkio-weight-device /dev/sda:200 --device-read-bps /dev/sda:1mb --device-write-iops /dev/sda:9 busybox',
  '--ulimit nofile=1024:2048 --ulimit core=-1 --ulimit nproc=9 busybox',
  '--network none busybox',
  '--net host busybox',
  '--network mynet --network-alias db --network-alias store --ip 10.0.0.9 --ip6 fd00::9 --link other:o busybox',
  '--network name=mynet,alias=a,ip=10.0.0.3,driver-opt=k=v --network second busybox',
  '--mac-address 92:d0:c6:0a:29:33 busybox',
  '--dns 9.9.9.9 --dns-search example.org --dns-option ndots:2 --add-host a:10.0.0.1 --add-host b:fd00::1 busybox',
  '--add-host a=10.0.0.1 --add-host b=fd00::1 busybox',
  '--add-host gate:host-gateway busybox',
  '-p 80 -p 8080:81 -p 127.0.0.1:8081:82/udp -p 127.0.0.1::83 -p 9000-9002:9000-9002 -p 7000-7009:70 busybox',
  '-p [::1]:8080:80 -P --expose 99 --expose 200-202/udp busybox',
  '-p target=80,published=8080,protocol=udp busybox',
  '--privileged --group-add audio busybox',
  '--cap-add NET_ADMIN --cap-drop ALL busybox',
  `--security-opt no-new-privileges --security-opt seccomp=${profile} --security-opt apparmor:unconfined busybox`,
  '--security-opt seccomp=unconfined --security-opt label=disable busybox',
  '--security-opt systempaths=unconfined busybox',
  '--ipc host --pid host --uts host --userns host --cgroupns host --sysctl net.ipv4.ip_forward=1 busybox',
  '--device /dev/null --device /dev/zero:/dev/nil --device /dev/full:/dev/f:r --device /dev/tty:rw busybox',
  '--device-cgroup-rule c␣42:*␣rmw busybox',
  '--init --stop-signal HUP --stop-timeout 3 --read-only --runtime other --cgroup-parent /x busybox',
  '--init=false --tty=false busybox',
  '--restart on-failure:3 busybox',
  '--restart=always busybox',
  '--rm busybox',
  '--log-driver json-file --log-opt max-size=1m --log-opt max-file=3 busybox',
  '--storage-opt size=1G --volume-driver d --volumes-from a --volumes-from b:ro busybox',
  '--annotation a=b busybox',
  '--health-cmd /check --health-interval 1m30s --health-timeout 2s --health-retries 4 --health-start-period 5s busybox',
  '--no-healthcheck busybox',
  '--platform linux/arm64 busybox',
];

interface Recorded {
  readonly path: string;
  readonly body: unknown;
}

interface Recorder {
  readonly socket: string;
  take(): Recorded | undefined;
}

function startRecorder(): Recorder {
  const socket = join(directory, 'recorder.sock');
  let last: Recorded | undefined;
  const server: Server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    response
      .setHeader('Api-Version', '1.51')
      .setHeader('Ostype', 'linux')
      .setHeader('Content-Type', 'application/json');
    if (request.url?.includes('/containers/create') === true) {
      last = { path: request.url.replace(/^\/v[\d.]+/, ''), body: JSON.parse(Buffer.concat(pieces).toString()) };
      response.writeHead(201).end('{"Id":"0123456789ab","Warnings":[]}');
    } else {
      response.end('{}');
    }
  });
  server.listen(socket);
  suite.teardown(() => void server.close());
  return {
    socket,
    take() {
      const taken = last;
      last = undefined;
      return taken;
    },
  };
}

const recorder = startRecorder();
const env = { ...process.env, TSKER_HOST: `unix://${recorder.socket}`, FROM_HERE: 'taken' };
const tsker = engineCli(tskerCommand(env), env);
const [client = 'old'] = dockerClis();
/** What came after 20.10, or goes elsewhere in the request since. */
const LATER = /--annotation|a=10|\.\/here|--mac-address|--cap-add/;

/** What the docker CLI spells out and tsker leaves to the daemon. */
const DEFAULTS: Readonly<Record<string, readonly unknown[]>> = {
  MemorySwappiness: [-1],
  NetworkMode: ['default', 'bridge'],
  Name: ['no'],
};

/** Lists that the docker CLI keeps as sets and sends in any order. */
const SETS = new Set(['Env', 'Binds', 'Ulimits', 'CapAdd', 'CapDrop']);

/** Without what says nothing: nulls, zeros, empty things and defaults. */
function essence(value: unknown, key = ''): unknown {
  if (DEFAULTS[key]?.includes(value)) return undefined;
  if (value === null || value === '' || value === 0 || value === false) return undefined;
  if (Array.isArray(value)) {
    const kept = value.map((one) => (typeof one === 'object' ? essence(one) : one));
    if (SETS.has(key)) kept.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return kept.length === 0 || kept.every((one) => one === 0) ? undefined : kept;
  }
  if (typeof value !== 'object') return value;
  const kept = Object.entries(value)
    // A key of a map (a port, a path) says something even with nothing behind it.
    .map(([name, one]) => [name, /^[A-Z]|^default$/.test(name) ? essence(one, name) : (essence(one) ?? '')] as const)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

test.before('the files are there', (t) => {
  t.true(readFileSync(profile, 'utf8').includes('defaultAction'));
});

for (const line of CASES) {
  const knows = client === 'new' || !LATER.test(line);
  const check = needing(test.serial, { 'a later client than docker.io’s': knows });
  check(`docker and tsker ask for the same container: create ${line.replaceAll(directory, '…')}`, async (t) => {
    const args = ['create', ...line.split(' ').map((word) => word.replaceAll('␣', ' '))];
    const options = { cwd: directory, env: { FROM_HERE: 'taken' } };
    const theirs = await dockerCli(recorder.socket, directory, client).run(args, options);
    const asked = recorder.take();
    t.is(theirs.code, 0, theirs.stderr);
    const ours = await tsker.run(args, options);
    t.is(ours.code, 0, ours.stderr);
    const got = recorder.take();
    t.is(got?.path, asked?.path);
    t.deepEqual(essence(got?.body), essence(asked?.body));
    t.is(ours.stdout, theirs.stdout);
  });
}
