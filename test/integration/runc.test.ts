// `tsker runc` against the kernel: what a container is between the commands, and that nothing of it is left. Needs: root,
// busybox-static, python3.
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { cgroupDirectory, cgroupFile } from '../helpers/cgroup.ts';
import { findTraces } from '../helpers/host.ts';
import { needing } from '../helpers/needs.ts';
import { makeOciRuntime } from '../helpers/oci-runtime.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { type Config, makeWorld, type World } from './runc.harness.ts';

const suite = suiteOwner(test);
let runtime: string;
let world: World;
test.before(async () => {
  runtime = await makeOciRuntime(suite);
  world = await makeWorld(suite, runtime);
});

/** A created container. */
async function created(change?: (config: Config) => void): Promise<{ id: string; pid: number; bundle: string }> {
  const id = world.id();
  const bundle = world.bundle(change);
  await world.ok('create', '--bundle', bundle, id);
  return { id, bundle, pid: (await world.state(id)).pid };
}

async function started(change?: (config: Config) => void): Promise<{ id: string; pid: number; bundle: string }> {
  const container = await created(change);
  await world.ok('start', container.id);
  return container;
}

/** `sh -c`, in a container that is gone afterwards. */
function sh(script: string, change?: (config: Config) => void): Promise<string> {
  const bundle = world.bundle((config) => {
    config.process.args = ['sh', '-c', script];
    change?.(config);
  });
  return world.ok('run', '--bundle', bundle, world.id());
}

const namespace = (pid: number, name: string): string => readlinkSync(`/proc/${pid}/ns/${name}`);
const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();

test('a created container has all but its program, which runs when it is started', async (t) => {
  const { id, pid } = await created();
  t.is(commandOf(pid), 'tsker-init');
  t.not(namespace(pid, 'mnt'), namespace(process.pid, 'mnt'));
  t.not(namespace(pid, 'net'), namespace(process.pid, 'net'));
  t.is(readFileSync(`/proc/${pid}/root/etc/passwd`, 'utf8').slice(0, 5), 'root:');
  t.is(await world.ok('exec', id, 'hostname'), 'runc\n');
  await world.ok('start', id);
  await waitFor('its program', () => commandOf(pid) === 'sleep 1000');
  t.is((await world.state(id)).pid, pid);
});

test('a pid file overwrites nothing that somebody has linked to its name', async (t) => {
  const directory = tempdir(t, 'pid');
  const [target, path] = [join(directory, 'target'), join(directory, 'pid')];
  writeFileSync(target, 'kept');
  for (const name of ['pid', '.pid']) symlinkSync(target, join(directory, name));
  const id = world.id();
  await world.ok('create', '--bundle', world.bundle(), '--pid-file', path, id);
  t.is(readFileSync(target, 'utf8'), 'kept');
  t.is(Number(readFileSync(path, 'utf8')), (await world.state(id)).pid);
});

test('a container outlives the command that made it, and nothing is left of one that is deleted', async (t) => {
  const { id, pid } = await started();
  const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  t.false(commandOf(Number(parent)).includes(runtime));
  await world.ok('delete', '--force', id);
  await waitFor('its end', () => !existsSync(`/proc/${pid}`) || commandOf(pid) === '');
  t.deepEqual(await findTraces([id]), []);
});

test('limits are in the cgroup that the bundle names, and are changed there', async (t) => {
  const parent = `tsker-test-${process.pid}`;
  const { id, pid } = await started((config) => {
    config.linux['cgroupsPath'] = `/${parent}/box`;
    config.linux['resources'] = { memory: { limit: 64 * 2 ** 20 }, pids: { limit: 20 } };
  });
  const memory = { controller: 'memory', v1: 'memory.limit_in_bytes', v2: 'memory.max' };
  t.true(cgroupDirectory(pid, 'memory').endsWith(`/${parent}/box`));
  t.is(cgroupFile(pid, memory), String(64 * 2 ** 20));
  t.is(cgroupFile(pid, { controller: 'pids', v1: 'pids.max', v2: 'pids.max' }), '20');
  const file = join(tempdir(t, 'resources'), 'resources.json');
  writeFileSync(file, JSON.stringify({ memory: { limit: 96 * 2 ** 20 } }));
  await world.ok('update', '--resources', file, id);
  t.is(cgroupFile(pid, memory), String(96 * 2 ** 20));
  const statistics = JSON.parse(await world.ok('events', '--stats', id)) as { data: { pids: object; memory: object } };
  t.deepEqual(statistics.data.pids, { current: 1, limit: 20 });
  await world.ok('delete', '--force', id);
  t.deepEqual(await findTraces([`${parent}/box`]), []);
  await run(['sh', '-c', `rmdir /sys/fs/cgroup/*/${parent} /sys/fs/cgroup/${parent}`]);
});

test('hooks run in their order, are told the state, and find the namespaces that the container has', async (t) => {
  const directory = tempdir(t, 'hooks');
  const hook = (name: string): object[] => {
    const script = `cat >${directory}/${name}.json; readlink /proc/self/ns/net >${directory}/${name}.net; echo ${name} >>${directory}/order`;
    return [{ path: '/bin/sh', args: ['hook', '-c', script], env: ['PATH=/usr/bin:/bin', 'A=b'] }];
  };
  const points = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'];
  const { id, pid, bundle } = await started((config) => {
    config['hooks'] = Object.fromEntries(
      points.filter((one) => one !== 'startContainer').map((one) => [one, hook(one)]),
    );
  });
  await world.ok('delete', '--force', id);
  const order = readFileSync(join(directory, 'order'), 'utf8').trim().split('\n');
  t.deepEqual(order, ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop']);
  const told = (name: string): unknown => JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8'));
  t.like(told('prestart'), { id, pid, status: 'creating', bundle });
  t.like(told('poststart'), { id, pid, status: 'running' });
  t.like(told('poststop'), { id, status: 'stopped' });
  const network = (name: string): string => readFileSync(join(directory, `${name}.net`), 'utf8').trim();
  t.is(network('createRuntime'), namespace(process.pid, 'net'));
  t.not(network('createContainer'), namespace(process.pid, 'net'));
});

const withIp = needing(test, { ip: existsSync('/sbin/ip') });
withIp(
  'a hook may give the container a link before its program starts, and startContainer runs in its root',
  async (t) => {
    const link = `tskh${process.pid}`.slice(0, 14);
    const script = `pid=$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/'); ip link add ${link}h type veth peer name ${link} netns $pid`;
    const shown = await sh(`cat /proc/net/dev /started`, (config) => {
      config.root.readonly = false;
      config['hooks'] = {
        prestart: [{ path: '/bin/sh', args: ['sh', '-c', script], env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'] }],
        startContainer: [{ path: '/bin/sh', args: ['sh', '-c', 'hostname >/started'] }],
      };
    });
    t.true(shown.includes(`${link}:`), shown);
    t.true(shown.endsWith('runc\n'));
  },
);

test('namespaces are joined by their paths', async (t) => {
  const { pid } = await started();
  const joined = await sh('for one in net ipc uts; do readlink /proc/self/ns/$one; done', (config) => {
    for (const one of config.linux.namespaces) {
      const name = { network: 'net', ipc: 'ipc' }[one.type];
      if (name !== undefined) one.path = `/proc/${pid}/ns/${name}`;
    }
  });
  const [net, ipc, uts] = joined.trim().split('\n');
  t.deepEqual([net, ipc], [namespace(pid, 'net'), namespace(pid, 'ipc')]);
  t.not(uts, namespace(pid, 'uts'));
});

test('a user namespace has the maps that are given, also for exec', async (t) => {
  const { id, pid } = await started((config) => {
    config.linux.namespaces.push({ type: 'user' });
    config.linux['uidMappings'] = [{ containerID: 0, hostID: 300_000, size: 1000 }];
    config.linux['gidMappings'] = [{ containerID: 0, hostID: 300_000, size: 1000 }];
  });
  t.is(readFileSync(`/proc/${pid}/uid_map`, 'utf8').trim().replace(/\s+/g, ' '), '0 300000 1000');
  t.is(await world.ok('exec', id, 'id', '-u'), '0\n');
  t.regex(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Uid:\t300000\t/m);
});

test("an engine's seccomp profile is the program's", async (t) => {
  const change = (config: Config): void => {
    config.root.readonly = false;
    config.linux['seccomp'] = {
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
      flags: null,
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 38, args: [] }],
    };
  };
  t.regex(await sh('mkdir /x 2>&1; grep Seccomp: /proc/self/status', change), /Function not implemented\nSeccomp:\t2/);
});

test('a terminal goes over the console socket', async (t) => {
  const socket = join(tempdir(t, 'console'), 'socket');
  const shown = run(['python3', join(import.meta.dirname, '../helpers/console_socket.py'), socket]);
  await waitFor('the socket', () => existsSync(socket));
  const id = world.id();
  const bundle = world.bundle((config) => {
    config.process.terminal = true;
    config.process['consoleSize'] = { height: 33, width: 77 };
    config.process.args = ['sh', '-c', 'tty; stty size; exec sleep 1000 </dev/null >/dev/null 2>&1'];
  });
  await world.ok('create', '--bundle', bundle, '--console-socket', socket, id);
  await world.ok('start', id);
  await waitFor('its program', async () => commandOf((await world.state(id)).pid).startsWith('sleep'));
  await world.ok('delete', '--force', id);
  t.is((await shown).stdout, '/dev/pts/0\r\n33 77\r\n');
});

test('descriptors are passed on that --preserve-fds counts', async (t) => {
  const bundle = world.bundle((config) => {
    config.process.args = ['sh', '-c', 'cat <&3; cat <&4; ls /proc/self/fd | wc -l'];
  });
  const directory = tempdir(t, 'fds');
  for (const name of ['a', 'b']) writeFileSync(join(directory, name), `${name}\n`);
  const command = `exec 3<${directory}/a 4<${directory}/b 5</dev/null; exec "$@"`;
  const argv = ['run', '--preserve-fds', '2', '--bundle', bundle, world.id()];
  const { stdout } = await run(['sh', '-c', command, 'sh', runtime, '--root', join(directory, 'root'), ...argv]);
  t.is(stdout, 'a\nb\n6\n');
});

test('of two commands at once one creates, and one starts', async (t) => {
  const id = world.id();
  const bundle = world.bundle();
  const create = await Promise.all([1, 2].map(() => world.call('create', '--bundle', bundle, id)));
  t.deepEqual(create.map(({ code }) => code).sort(), [0, 1]);
  const start = await Promise.all([1, 2, 3].map(() => world.call('start', id)));
  t.deepEqual(start.map(({ code }) => code).sort(), [0, 1, 1]);
  await Promise.all([1, 2].map(() => world.call('delete', '--force', id)));
  t.deepEqual(await findTraces([id]), []);
});

test('another process of the same number is not the container', async (t) => {
  const directory = tempdir(t, 'reuse');
  const bundle = world.bundle();
  const id = world.id();
  const call = (...argv: string[]): ReturnType<typeof run> => run([runtime, '--root', directory, ...argv]);
  await run(['sh', '-c', '"$@" >/dev/null 2>&1', 'sh', runtime, '--root', directory, 'create', '--bundle', bundle, id]);
  const file = join(directory, id, 'state.json');
  const kept = readFileSync(file, 'utf8');
  writeFileSync(file, kept.replace(/"startTime":"\d+"/, '"startTime":"1"'));
  t.is((JSON.parse((await call('state', id)).stdout) as { status: string }).status, 'stopped');
  const kill = await call('kill', id, 'KILL');
  t.is(kill.code, 1);
  t.regex(kill.stderr, /^time="[^"]+" level=error msg="container not running"\n$/);
  writeFileSync(file, kept);
  t.is((await call('delete', '--force', id)).code, 0);
  t.deepEqual(readdirSync(directory), []);
});

test('a limit that cannot be given is lowered, and said in the log', async (t) => {
  const log = join(tempdir(t, 'log'), 'log');
  // The most that the kernel gives, and only to those who may raise limits.
  const hard = Number(readFileSync('/proc/sys/fs/nr_open', 'utf8'));
  const bundle = world.bundle((config) => {
    config.process.args = ['sh', '-c', 'ulimit -Hn'];
    config.process['rlimits'] = [{ type: 'RLIMIT_NOFILE', soft: 1024, hard }];
  });
  const root = tempdir(t, 'root');
  const argv = ['--root', root, '--log', log, '--log-format', 'json', 'run', '--bundle', bundle, world.id()];
  const { code, stdout, stderr } = await run([runtime, ...argv]);
  t.deepEqual([code, stderr], [0, '']);
  const warned = existsSync(log)
    ? (JSON.parse(readFileSync(log, 'utf8')) as { level: string; msg: string })
    : undefined;
  if (stdout.trim() === String(hard)) t.is(warned, undefined);
  else t.regex(warned?.msg ?? '', /^RLIMIT_NOFILE: the hard limit stays at \d+, CAP_SYS_RESOURCE is missing$/);
});

test('a tmpfs with tmpcopyup begins with what the image has there', async (t) => {
  const { stdout: shown } = await world.call(
    'run',
    '--bundle',
    world.bundle((config) => {
      const home = join(config.root.path, 'copied');
      mkdirSync(join(home, 'sub'), { recursive: true });
      writeFileSync(join(home, 'sub/file'), 'of the image\n', { mode: 0o640 });
      const options = ['nosuid', 'nodev', 'tmpcopyup'];
      config.mounts.push({ destination: '/copied', type: 'tmpfs', source: 'tmpfs', options });
      config.process.args = [
        'sh',
        '-c',
        'cat /copied/sub/file; stat -c %a /copied/sub/file; touch /copied/new && echo new',
      ];
    }),
    world.id(),
  );
  t.is(shown, 'of the image\n640\nnew\n');
});

test('what this runtime has not is refused with a reason', async (t) => {
  const refusals: readonly (readonly string[])[] = [
    ['checkpoint', 'x'],
    ['restore', 'x'],
    ['--systemd-cgroup', 'list'],
    ['--rootless=true', 'list'],
    ['create', '--no-pivot', 'x'],
    ['spec', '--rootless'],
  ];
  for (const argv of refusals) {
    const { code, stderr } = await run([runtime, ...argv]);
    t.is(code, 1, argv.join(' '));
    t.regex(stderr, /not supported/, argv.join(' '));
  }
});
