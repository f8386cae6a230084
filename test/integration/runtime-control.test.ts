// What is done to running containers: limits, exec, pause, terminals, user namespaces, failures, clean-up. Needs root;
// on v1 or hybrid cgroups, and on v2 where the kernel has them.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Native, SpawnRequest } from '../../src/native/native.ts';
import { defaultLinux } from '../../src/runtime/default-spec.ts';
import type { TskerError } from '../../src/util/errors.ts';
import { MONOLITH_ALONE } from '../helpers/daemon.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { mountsBelow } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { type Changes, type Running, RuntimeHarness, readTerminal } from './runtime.harness.ts';

const suite = suiteOwner(test);
const monolith = needing(test, MONOLITH_ALONE);
let harness: RuntimeHarness;
test.before('load the native library', async () => {
  harness = await RuntimeHarness.create(suite, withOtherEngine);
});

/** Parents that another engine takes away as often as this says. */
const shared = { parent: `tsker-test-shared-${process.pid}`, left: 2 };

/** Before a spawn that has to make a cgroup there. On v2 it is made already, and the parents are not empty. */
function withOtherEngine(native: Native): Native {
  const spawn = (request: SpawnRequest) => {
    const made = request.plan.flatMap((op) => (op.op === 'MKDIR' ? [dirname(op.path)] : []));
    const parents = made.filter((path) => basename(path) === shared.parent);
    if (parents.length > 0 && shared.left > 0) {
      shared.left -= 1;
      for (const path of parents) rmdirSync(path);
    }
    return native.spawn(request);
  };
  return new Proxy(native, {
    get(target, name) {
      const value: unknown = name === 'spawn' ? spawn : Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const MIB = 1024 * 1024;

/** The value of one of a container's cgroup files, by its v1 and v2 place. */
function cgroupValue({ id }: Running, v1: string, v2: string): string {
  const { runtime, cgroupParent } = harness;
  const { mode, unified, v1: hierarchies } = runtime.cgroupLayout;
  const path = (mountPoint: string, file: string): string => join(mountPoint, cgroupParent, id, file);
  if (mode === 'v2') return readFileSync(path(unified?.mountPoint ?? '', v2), 'utf8').trim();
  const [controller = '', file = ''] = v1.split('/');
  const hierarchy = hierarchies.find(({ controllers }) => controllers.includes(controller));
  return readFileSync(path(hierarchy?.mountPoint ?? '', file), 'utf8').trim();
}

test('limits are in the cgroup before the program runs', async (t) => {
  const resources = {
    memory: { limit: 64 * MIB, reservation: 32 * MIB },
    cpu: { quota: 50_000, period: 100_000, shares: 512 },
    pids: { limit: 20 },
  };
  const running = await harness.start(t, { script: 'sleep 60', changes: { linux: { resources } } });
  t.is(cgroupValue(running, 'memory/memory.limit_in_bytes', 'memory.max'), String(64 * MIB));
  t.is(cgroupValue(running, 'memory/memory.soft_limit_in_bytes', 'memory.low'), String(32 * MIB));
  t.is(cgroupValue(running, 'pids/pids.max', 'pids.max'), '20');
  t.regex(cgroupValue(running, 'cpu/cpu.cfs_quota_us', 'cpu.max'), /^50000/);
  t.deepEqual(harness.runtime.processes(running.id), [running.process.pid]);
});

/** The helper that meets it is spawned by another process in the other architecture. */
monolith('another engine may take the parents of cgroups away in the middle of a start', async (t) => {
  const changes = { linux: { cgroupsPath: `/${shared.parent}/one` } };
  const running = await harness.start(t, { script: 'echo here', changes });
  t.is((await running.process.exited).code, 0);
  t.is(await running.output, 'here\n');
  t.is(shared.left, harness.runtime.cgroupLayout.mode === 'v2' ? 2 : 0);
});

test('a container that takes too much memory is killed, and known as such', async (t) => {
  const running = await harness.start(t, {
    args: ['sh', '-c', 'exec dd if=/dev/zero of=/dev/null bs=200M count=1'],
    changes: { linux: { resources: { memory: { limit: 16 * MIB, swap: 16 * MIB } } } },
  });
  t.is((await running.process.exited).code, 137);
  t.true(harness.runtime.oomKilled(running.id));
});

test('a container that only ends is not taken for one that was killed for memory', async (t) => {
  const running = await harness.start(t, { script: 'exit 1' });
  await running.process.exited;
  t.false(harness.runtime.oomKilled(running.id));
  t.deepEqual(harness.runtime.processes(running.id), []);
});

test('the number of processes is limited', async (t) => {
  const { output } = await harness.run(t, {
    script: 'for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; echo end',
    changes: { linux: { resources: { pids: { limit: 5 } } } },
  });
  t.regex(output, /can't fork/);
});

test('a device that is not allowed can be made and not opened', async (t) => {
  const { output } = await harness.run(t, {
    script:
      'mknod /tmp/fuse c 10 229 && echo made; cat /tmp/fuse; mknod /tmp/null c 1 3; echo x > /tmp/null && echo open',
  });
  t.regex(output, /made/);
  t.regex(output, /\/tmp\/fuse'?: Operation not permitted/);
  t.regex(output, /open\n$/);
});

test('a device of the spec is there and can be opened', async (t) => {
  const { output, code } = await harness.run(t, {
    script: 'stat -c "%a %u %g" /dev/deep/urandom2; head -c4 /dev/deep/urandom2 | wc -c',
    changes: {
      linux: {
        devices: [{ path: '/dev/deep/urandom2', type: 'c', major: 1, minor: 9, fileMode: 0o640, uid: 0, gid: 33 }],
      },
    },
  });
  t.is(code, 0);
  t.is(output, '640 0 33\n4\n');
});

test('an exec is in the same namespaces and cgroup, with the same limits', async (t) => {
  const running = await harness.start(t, { script: 'echo mark > /tmp/mark; sleep 60' });
  await waitFor('the mark', async () => (await harness.exec(running.id, 'cat /tmp/mark')).output === 'mark\n');
  const { output, code } = await harness.exec(
    running.id,
    'hostname; ls /proc | grep -c "^[0-9]"; grep -E "CapEff|Seccomp:" /proc/self/status; cat /proc/self/cgroup; ls /proc/self/fd | wc -l; exit 4',
  );
  t.is(code, 4);
  t.regex(output, /^box\n/);
  t.regex(output, /CapEff:\s00000000a80425fb\nSeccomp:\s2/);
  t.true(output.includes(`/${harness.cgroupParent}/${running.id}`) || harness.runtime.cgroupLayout.mode === 'v2');
  t.regex(output, /\n4\n$/, 'no descriptors besides 0 to 2 and what ls opened');
});

test('an exec may be another user in another directory', async (t) => {
  const running = await harness.start(t, { script: 'sleep 60' });
  const { output } = await harness.exec(running.id, 'id -u; pwd; echo $HOME', {
    user: { uid: 33, gid: 33 },
    cwd: '/tmp',
    capabilities: {},
  });
  t.is(output, '33\n/tmp\n/home\n');
});

test('an exec that cannot run says why, and an exec in a container that ended is a conflict', async (t) => {
  const running = await harness.start(t, { script: 'sleep 60' });
  const missing = await t.throwsAsync<TskerError>(harness.exec(running.id, '', { args: ['slepe'] }));
  t.is(missing?.code, 'command_not_found');
  t.regex(missing?.message ?? '', /exec: "slepe": executable file not found in \$PATH: the nearest name is "sleep"/);
  running.process.signal(9);
  await running.process.exited;
  t.is((await t.throwsAsync<TskerError>(harness.exec(running.id, 'true')))?.code, 'conflict');
  t.is((await t.throwsAsync<TskerError>(harness.exec('nobody', 'true')))?.code, 'not_found');
});

test('a paused container stands still and goes on', async (t) => {
  const running = await harness.start(t, { script: 'while :; do date +%N >> /tmp/ticks; sleep 0.01; done' });
  const ticks = (): string => {
    const file = `/proc/${running.process.pid}/root/tmp/ticks`;
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  await waitFor('a tick', () => ticks() !== '');
  await harness.runtime.pause(running.id);
  const before = ticks();
  await new Promise((resolve) => setTimeout(resolve, 80));
  t.is(ticks(), before);
  await harness.runtime.resume(running.id);
  await waitFor('another tick', () => ticks() !== before);
});

/** The master is the shim's otherwise. */
monolith('a terminal has its size, is the controlling one, and takes input', async (t) => {
  const running = await harness.start(t, {
    script: 'stty size; tty; ls -l /dev/console | cut -c1; read word; echo "got $word"; stty size',
    request: { stdio: { terminal: true, rows: 33, columns: 101 } },
  });
  const master = running.process.terminal;
  if (master === undefined) return t.fail('no terminal');
  const output = readTerminal(master);
  harness.native.resizePty(master, 40, 90);
  writeSync(master, 'word\n');
  await running.process.exited;
  const text = await output;
  t.regex(text, /\/dev\/(pts\/0|console)/);
  t.regex(text, /got word/);
  t.regex(text, /40 90/);
});

monolith('an exec with a terminal of its own, for a user that is not root', async (t) => {
  const running = await harness.start(t, { script: 'sleep 60' });
  const started = await harness.runtime.exec(running.id, {
    process: {
      ...harness.spec('x', ['sh', '-c', 'stty size; echo again > /dev/stdout; id -u']).process,
      user: { uid: 33, gid: 33 },
      capabilities: {},
    },
    stdio: { terminal: true, rows: 20, columns: 70 },
  });
  if (started.terminal === undefined) return t.fail('no terminal');
  const output = readTerminal(started.terminal);
  t.is((await started.exited).code, 0);
  t.regex(await output, /20 70\r\nagain\r\n33/);
});

test('a user namespace: root inside is nobody outside', async (t) => {
  const ids = [{ containerID: 0, hostID: 200_000, size: 65_536 }];
  const linux = { ...defaultLinux({ userNamespace: true }), uidMappings: ids, gidMappings: ids };
  const changes: Changes = { linux };
  const { output } = await harness.run(t, {
    script: 'id -u; cat /proc/self/uid_map; echo x > /dev/null && echo null; ls -l /dev/null | cut -c1; hostname',
    changes,
  });
  t.regex(output, /^0\n\s+0\s+200000\s+65536\nnull\nc\nbox\n/);
  const running = await harness.start(t, { script: 'sleep 60', changes });
  const status = readFileSync(`/proc/${running.process.pid}/status`, 'utf8');
  t.regex(status, /Uid:\s+200000/);
  const inside = await harness.exec(running.id, 'id -u; grep CapEff /proc/self/status');
  t.regex(inside.output, /^0\nCapEff:\s+00000000a80425fb/);
  t.deepEqual(harness.runtime.processes(running.id).length > 0, true);
  t.deepEqual(
    mountsBelow(harness.directory).filter((path) => path.includes(`userns-${running.id}`)),
    [],
  );
});

async function failure(t: ExecutionContext, args: string[], changes: Changes = {}): Promise<TskerError> {
  const error = await t.throwsAsync<TskerError>(harness.run(t, { args, changes }));
  if (error === undefined) throw new Error('it started');
  return error;
}

test('a program that is missing, or cannot be executed, is told apart', async (t) => {
  const missing = await failure(t, ['/no/such']);
  t.is(missing.code, 'command_not_found');
  t.regex(
    missing.message,
    /^failed to create task for container: exec: "\/no\/such": stat \/no\/such: no such file or directory/,
  );
  const unknown = await failure(t, ['nosuch']);
  t.regex(unknown.message, /executable file not found in \$PATH/);
  const plain = await failure(t, ['/etc/passwd']);
  t.is(plain.code, 'command_not_executable');
  t.regex(plain.message, /exec: "\/etc\/passwd": permission denied: .*no execute permission/);
  const directory = await failure(t, ['/etc']);
  t.is(directory.code, 'command_not_executable');
  t.regex(directory.message, /is a directory/);
});

/** Who executes it is an OCI runtime, when `start` has been answered: the container runs, says runc's words, and ends. */
monolith('a file of another form is told, and why', async (t) => {
  const rootfs = harness.overlay();
  const upper = rootfs.options.find((one) => one.startsWith('upperdir='))?.slice('upperdir='.length) ?? '';
  mkdirSync(join(upper, 'opt'));
  writeFileSync(join(upper, 'opt/script'), '#!/usr/bin/perl\n', { mode: 0o755 });
  writeFileSync(join(upper, 'opt/text'), 'hello', { mode: 0o755 });
  const script = await t.throwsAsync<TskerError>(harness.run(t, { args: ['/opt/script'], rootfs }));
  t.is(script?.code, 'command_not_found');
  t.regex(script?.message ?? '', /no such file or directory: the interpreter "\/usr\/bin\/perl"/);
  const text = await t.throwsAsync<TskerError>(harness.run(t, { args: ['/opt/text'], rootfs }));
  t.is(text?.code, 'command_not_executable');
  t.regex(text?.message ?? '', /exec format error: .*neither an ELF/);
});

test('a working directory that is a file is an error that says so', async (t) => {
  const error = await failure(t, ['true'], { process: { cwd: '/etc/passwd' } });
  t.regex(error.message, /\/etc\/passwd/);
  t.regex(error.message, /not a directory|ENOTDIR|file exists/i);
});

test('an opaque directory of the image hides what is below it, for reasons as for the kernel', async (t) => {
  const rootfs = harness.overlay();
  const layer = join(harness.directory, 'opaque');
  mkdirSync(join(layer, 'etc'), { recursive: true });
  const name = 'trusted.overlay.opaque';
  await harness.native.runPlan([{ op: 'SETXATTR', path: join(layer, 'etc'), name, value: 'y' }]);
  const options = rootfs.options.map((one) => (one.startsWith('lowerdir=') ? 'lowerdir=opaque:lower' : one));
  const mount = { ...rootfs, options };
  t.is(
    harness.runtime.roots.read(mount, (reader) => reader.readText('/etc/passwd')),
    undefined,
  );
  t.is((await harness.run(t, { script: 'ls /etc; echo $HOME', rootfs: mount })).output, '/\n');
});

test('an image whose /proc is a link is refused', async (t) => {
  const rootfs = harness.overlay();
  const lower = join(harness.directory, 'evil');
  mkdirSync(lower, { recursive: true });
  symlinkSync('/tmp', join(lower, 'proc'));
  const options = rootfs.options.map((one) => (one.startsWith('lowerdir=') ? 'lowerdir=evil' : one));
  const error = await t.throwsAsync<TskerError>(harness.run(t, { script: 'true', rootfs: { ...rootfs, options } }));
  t.regex(error?.message ?? '', /\/proc is a link/);
});

/** Nothing is undone there before the task is deleted: the harness does that after each test. */
monolith('after the undo nothing is left: no cgroup, no mount', async (t) => {
  const running = await harness.start(t, { script: 'sleep 60 & sleep 60' });
  const paths = running.undo.flatMap((op) => (op.op === 'CGROUP_REMOVE' ? [op.path] : []));
  t.true(paths.length > 0 && paths.every((path) => existsSync(path)));
  await harness.native.runPlan(running.undo);
  t.is((await running.process.exited).signal, 9);
  t.deepEqual(
    paths.filter((path) => existsSync(path)),
    [],
  );
  const mounts = mountsBelow(harness.directory).filter((path) => path.includes(running.id));
  t.deepEqual(mounts, []);
  await harness.native.runPlan(running.undo);
});

test('a running container is not started twice, nor deleted', async (t) => {
  const running = await harness.start(t, { script: 'sleep 60' });
  t.is((await t.throwsAsync<TskerError>(harness.runtime.delete(running.id)))?.code, 'conflict');
  const again = harness.start(t, { script: 'true', request: { id: running.id } });
  t.is((await t.throwsAsync<TskerError>(again))?.code, 'conflict');
});

test('no descriptor of the daemon is left open after starts and failures', async (t) => {
  const count = (): number => readdirSync('/proc/self/fd').length;
  await harness.run(t, { script: 'true' });
  const before = count();
  for (let round = 0; round < 5; round++) {
    await harness.run(t, { script: 'true' });
    await t.throwsAsync(harness.run(t, { args: ['nosuch'] }));
    await t.throwsAsync(
      harness.run(t, { args: ['nosuch'], request: { stdio: { terminal: true, rows: 1, columns: 1 } } }),
    );
  }
  await waitFor('descriptors are closed', () => count() <= before + 1);
  t.pass();
});
