// Namespaces that are shared, joined and set up, propagation, --init, and device filters of v2 cgroups. Needs root.
import { mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { NETLINK_ROUTE } from '../../src/native/linux.ts';
import type { Op } from '../../src/native/ops.ts';
import { deviceProgram } from '../../src/runtime/cgroup/device-program.ts';
import { foldDeviceRules } from '../../src/runtime/cgroup/device-rules.ts';
import { DEFAULT_DEVICE_RULES, defaultLinux, defaultMounts } from '../../src/runtime/default-spec.ts';
import { INIT_ANNOTATION } from '../../src/runtime/plan/start.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { type Changes, RuntimeHarness } from './runtime.harness.ts';

const suite = suiteOwner(test);
let harness: RuntimeHarness;
test.before('load the native library', async () => {
  harness = await RuntimeHarness.create(suite);
});

/** The default namespaces, some of them joined. */
function joining(paths: Readonly<Record<string, string>>): Changes {
  const linux = defaultLinux();
  const namespaces = linux.namespaces.map((one) => {
    const path = paths[one.type];
    return path === undefined ? one : { ...one, path };
  });
  return { linux: { ...linux, namespaces } };
}

/** RTM_NEWLINK for interface 1 (lo), IFF_UP set and changed. */
function loopbackUp(): Uint8Array {
  const message = Buffer.alloc(32);
  message.writeUInt32LE(32, 0);
  message.writeUInt16LE(16, 4);
  message.writeUInt16LE(1 | 4, 6);
  message.writeInt32LE(1, 20);
  message.writeUInt32LE(1, 24);
  message.writeUInt32LE(1, 28);
  return message;
}

test('network operations run in the new namespace, with the slots they were promised', async (t) => {
  const slots: number[] = [];
  const { output, code } = await harness.run(t, {
    script: 'ip -o addr show lo; ls /sys/class/net; ls /proc/self/fd | wc -l',
    request: {
      networkSetup: ({ hostNetlink, netns }): Op[] => {
        slots.push(hostNetlink, netns);
        return [{ op: 'NETLINK', slot: -1, protocol: NETLINK_ROUTE, messages: loopbackUp() }];
      },
    },
  });
  t.is(code, 0, output);
  t.regex(output, /127\.0\.0\.1\/8/);
  t.regex(output, /\nlo\n4\n$/, 'sysfs shows the new namespace, and no slot is left open');
  t.true(slots.length === 2 && slots.every((slot) => slot >= 5) && slots[0] !== slots[1]);
});

test('network operations reach a user namespace as well', async (t) => {
  const ids = [{ containerID: 0, hostID: 300_000, size: 65_536 }];
  const linux = { ...defaultLinux({ userNamespace: true }), uidMappings: ids, gidMappings: ids };
  const { output, code } = await harness.run(t, {
    script: 'ip -o addr show lo',
    changes: { linux },
    request: { networkSetup: () => [{ op: 'NETLINK', slot: -1, protocol: NETLINK_ROUTE, messages: loopbackUp() }] },
  });
  t.is(code, 0, output);
  t.regex(output, /127\.0\.0\.1\/8/);
});

test("the host's network is seen when no namespace is made, sysfs included", async (t) => {
  const linux = { ...defaultLinux({ shared: ['network'] }), sysctl: {} };
  const running = await harness.start(t, { script: 'sleep 60', changes: { linux } });
  t.is(readlinkSync(`/proc/${running.process.pid}/ns/net`), readlinkSync('/proc/self/ns/net'));
  t.is((await harness.exec(running.id, 'ls /sys/class/net | grep -c .')).code, 0);
});

test('a container in the network and IPC namespaces of another', async (t) => {
  const first = await harness.start(t, { script: 'sleep 60' });
  const base = `/proc/${first.process.pid}/ns`;
  const second = await harness.start(t, {
    script: 'sleep 60',
    changes: joining({ network: `${base}/net`, ipc: `${base}/ipc` }),
  });
  for (const [type, same] of [
    ['net', true],
    ['ipc', true],
    ['uts', false],
    ['mnt', false],
    ['pid', false],
  ] as const) {
    t.is(readlinkSync(`${base}/${type}`) === readlinkSync(`/proc/${second.process.pid}/ns/${type}`), same, type);
  }
  const inside = await harness.exec(second.id, 'readlink /proc/self/ns/net');
  t.is(inside.output.trim(), readlinkSync(`${base}/net`));
});

test('a container in the PID namespace of another sees its processes', async (t) => {
  const first = await harness.start(t, { script: 'sleep 777' });
  const { output } = await harness.run(t, {
    script: 'cat /proc/1/cmdline | tr "\\0" " "; echo $$',
    changes: joining({ pid: `/proc/${first.process.pid}/ns/pid` }),
  });
  t.regex(output, /sleep 777/);
  t.not(output.trim().split('\n').at(-1), '1');
});

test('no PID namespace: the processes of the host are seen', async (t) => {
  const linux = defaultLinux({ shared: ['pid'] });
  const { output } = await harness.run(t, { script: 'echo $$; cat /proc/$PPID/comm', changes: { linux } });
  const [pid = ''] = output.split('\n');
  t.true(Number(pid) > 1);
});

test('a cgroup namespace begins at the container', async (t) => {
  const { output, code } = await harness.run(t, {
    script: 'cat /proc/self/cgroup; ls /sys/fs/cgroup | wc -l; touch /sys/fs/cgroup/x',
    changes: { linux: defaultLinux({ cgroupNamespace: true }) },
  });
  t.not(code, 0);
  t.false(output.includes(harness.cgroupParent), output);
  t.regex(output, /:pids:\/\n|0::\/\n/);
  t.regex(output, /Read-only file system/);
});

test('a privileged container has a writable /sys, its cgroups, and every capability there is', async (t) => {
  const { output } = await harness.run(t, {
    script:
      'grep -q " /sys sysfs rw" /proc/mounts && echo sys; mknod /tmp/fuse c 10 229; head -c0 /tmp/fuse && echo fuse; ls /proc/acpi | wc -l',
    changes: { mounts: defaultMounts({ privileged: true }), linux: defaultLinux({ privileged: true }) },
  });
  t.regex(output, /sys\n/);
  t.notRegex(output, /not permitted/);
});

test('--init: the program is a child of PID 1, which passes on signals and exit codes', async (t) => {
  const annotations = { [INIT_ANNOTATION]: 'true' };
  const { output, code } = await harness.run(t, { script: 'echo $$ $PPID; exit 9', changes: { annotations } });
  t.is(code, 9);
  t.regex(output, /^\d+ 1\n$/);
  const running = await harness.start(t, {
    script: 'trap "exit 5" TERM; touch /tmp/ready; while :; do sleep 0.01; done',
    changes: { annotations },
  });
  await waitFor('the trap', async () => (await harness.exec(running.id, 'test -e /tmp/ready')).code === 0);
  running.process.signal(15);
  t.is((await running.process.exited).code, 5);
});

test('a slave mount sees what the host mounts later, a private one does not', async (t) => {
  const source = join(harness.directory, 'propagate');
  mkdirSync(join(source, 'sub'), { recursive: true });
  await harness.native.runPlan([{ op: 'BIND', source, target: source, flags: 0, propagation: 0x100000 }]);
  t.teardown(() => harness.native.runPlan([{ op: 'UMOUNT', target: source, flags: 2 }]));
  const mounts = [
    ...defaultMounts(),
    { destination: '/slave', type: 'bind', source, options: ['rbind', 'rslave'] },
    { destination: '/private', type: 'bind', source, options: ['rbind', 'rprivate'] },
  ];
  const running = await harness.start(t, {
    script: 'sleep 60',
    changes: { mounts, linux: { rootfsPropagation: 'rslave' } },
  });
  const sub = join(source, 'sub');
  await harness.native.runPlan([{ op: 'MOUNT', source: 'tmpfs', target: sub, type: 'tmpfs', flags: 0, data: '' }]);
  const { output } = await harness.exec(running.id, 'cat /proc/mounts');
  await harness.native.runPlan([{ op: 'UMOUNT', target: sub, flags: 2 }]);
  t.regex(output, / \/slave\/sub tmpfs /);
  t.notRegex(output, / \/private\/sub tmpfs /);
});

test('mounts of the container never travel to a shared host', async (t) => {
  const running = await harness.start(t, {
    script: 'sleep 60',
    changes: { linux: { rootfsPropagation: 'rshared' } },
  });
  t.true(running.process.pid > 1);
  t.false(readFileSync('/proc/self/mountinfo', 'utf8').includes(join(harness.directory, 'mnt')));
});

test('a device filter of a v2 cgroup is what the kernel goes by', async (t) => {
  const { unified } = harness.runtime.cgroupLayout;
  if (unified === undefined) {
    t.log('skipped: this host has no v2 cgroup tree');
    t.pass();
    return;
  }
  const path = join(unified.mountPoint, `tsker-test-bpf-${process.pid}`);
  t.teardown(() => harness.native.runPlan([{ op: 'CGROUP_REMOVE', path, tolerate: 2 }]));
  await harness.native.runPlan([
    { op: 'MKDIR', path, mode: 0o755 },
    { op: 'BPF_DEVICE', path, program: deviceProgram(foldDeviceRules(DEFAULT_DEVICE_RULES)) },
  ]);
  const null3 = harness.native.open('/dev/null', 2);
  const directory = harness.native.open(path, 0o200000);
  const [node, denied] = [join(harness.directory, 'zero'), join(harness.directory, 'mem')];
  try {
    const open = (device: string): Op => ({ op: 'OPEN', slot: 20, path: device, flags: 0, mode: 0 });
    const spawned = harness.native.spawn({
      cloneFlags: 0,
      fds: [null3, null3, null3],
      cgroupFd: directory,
      plan: [
        { op: 'MKNOD', path: node, mode: 0o20600, device: 0x105 },
        { op: 'MKNOD', path: denied, mode: 0o20600, device: 0x101 },
        open(node),
        { ...open(denied), tolerate: 1 },
        { op: 'EXEC', argv: ['/bin/true'], envp: [], flags: 0 },
      ],
    });
    await spawned.started;
    t.is((await spawned.exited).code, 0);
    const refused = harness.native.spawn({
      cloneFlags: 0,
      fds: [null3, null3, null3],
      cgroupFd: directory,
      plan: [open(denied)],
    });
    const error = await t.throwsAsync(refused.started);
    t.regex(error?.message ?? '', /EPERM/);
    await refused.exited;
  } finally {
    harness.native.close(null3);
    harness.native.close(directory);
  }
});
