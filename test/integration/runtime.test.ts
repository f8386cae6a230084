// Containers on the real kernel, as a program inside sees them: the monolith's, or those of TSKER_TEST_ARCH. Needs root and overlay.
import { readFileSync, readlinkSync } from 'node:fs';
import test from 'ava';
import { MONOLITH_ALONE } from '../helpers/daemon.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { RuntimeHarness } from './runtime.harness.ts';

const suite = suiteOwner(test);
const monolith = needing(test, MONOLITH_ALONE);
let harness: RuntimeHarness;
test.before('load the native library', async () => {
  harness = await RuntimeHarness.create(suite);
});

const line = (text: string, name: string): string =>
  text
    .split('\n')
    .find((one) => one.startsWith(`${name}:`))
    ?.slice(name.length + 1)
    .trim() ?? '';

test('a program runs, writes, and its exit code comes back', async (t) => {
  const { code, output } = await harness.run(t, { script: 'echo hello; echo error >&2; exit 7' });
  t.is(output, 'hello\nerror\n');
  t.is(code, 7);
});

monolith('the container is a direct child of the daemon and PID 1 of its own namespace', async (t) => {
  const running = await harness.start(t, { script: 'sleep 60' });
  const status = readFileSync(`/proc/${running.process.pid}/status`, 'utf8');
  t.is(line(status, 'PPid'), String(process.pid));
  t.regex(line(status, 'NSpid'), /\t1$/);
  running.process.signal(9);
  t.deepEqual(await running.process.exited, { code: 137, signal: 9 });
});

test('a signal that ends the program is in its status', async (t) => {
  const running = await harness.start(t, { script: 'trap "exit 3" TERM; echo ready; while :; do sleep 0.01; done' });
  const pid = running.process.pid;
  await waitFor('the trap is set', () => /SigCgt:\s*0*[1-9a-f]/.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
  t.true(running.process.signal(15));
  t.deepEqual(await running.process.exited, { code: 3, signal: undefined });
  t.false(running.process.signal(15), 'the process is gone');
});

test('every namespace is its own, but for user and cgroup', async (t) => {
  const running = await harness.start(t, { script: 'sleep 60' });
  for (const [type, own] of [
    ['mnt', true],
    ['pid', true],
    ['net', true],
    ['ipc', true],
    ['uts', true],
    ['user', false],
    ['cgroup', false],
  ] as const) {
    const theirs = readlinkSync(`/proc/${running.process.pid}/ns/${type}`);
    t.is(theirs !== readlinkSync(`/proc/self/ns/${type}`), own, type);
  }
});

test("the mounts are Docker's, and none is the host's", async (t) => {
  const { output } = await harness.run(t, { script: 'cat /proc/mounts' });
  const mounts = output
    .trim()
    .split('\n')
    .map((row) => row.split(' '));
  const expected: readonly [path: string, type: string, options: string[]][] = [
    ['/', 'overlay', ['rw']],
    ['/proc', 'proc', ['rw', 'nosuid', 'nodev', 'noexec']],
    ['/dev', 'tmpfs', ['rw', 'nosuid', 'size=65536k', 'mode=755']],
    ['/dev/pts', 'devpts', ['nosuid', 'noexec', 'gid=5', 'mode=620', 'ptmxmode=666']],
    ['/sys', 'sysfs', ['ro', 'nosuid', 'nodev', 'noexec']],
    ['/dev/mqueue', 'mqueue', ['nosuid', 'nodev', 'noexec']],
    ['/dev/shm', 'tmpfs', ['nosuid', 'nodev', 'noexec', 'size=65536k']],
    ['/proc/bus', 'proc', ['ro']],
    ['/proc/sys', 'proc', ['ro']],
    ['/proc/sysrq-trigger', 'proc', ['ro']],
    ['/proc/timer_list', 'tmpfs', ['nosuid']],
    ['/sys/firmware', 'tmpfs', ['ro']],
  ];
  for (const [path, type, options] of expected) {
    const row = mounts.find(([, target]) => target === path);
    if (row === undefined && /^\/proc\/(sysrq-trigger|timer_list)$/.test(path)) continue; // not on every kernel
    t.is(row?.[2], type, path);
    const actual = row?.[3]?.split(',') ?? [];
    t.deepEqual(
      options.filter((option) => !actual.includes(option)),
      [],
      `${path}: ${row?.[3]}`,
    );
  }
  t.false(output.includes('/etc/'));
  t.is(mounts[0]?.[1], '/', 'the old root is gone');
});

test('/dev has what every program looks for', async (t) => {
  const { output } = await harness.run(t, {
    script:
      'cd /dev; stat -c "%n %F %t:%T %a" null zero full random urandom tty; for x in fd stdin stdout stderr ptmx; do readlink $x; done; echo x > null; head -c2 zero | wc -c',
  });
  t.is(
    output,
    [
      'null character special file 1:3 666',
      'zero character special file 1:5 666',
      'full character special file 1:7 666',
      'random character special file 1:8 666',
      'urandom character special file 1:9 666',
      'tty character special file 5:0 666',
      '/proc/self/fd',
      '/proc/self/fd/0',
      '/proc/self/fd/1',
      '/proc/self/fd/2',
      'pts/ptmx',
      '2',
      '',
    ].join('\n'),
  );
});

test('capabilities, seccomp and groups are those of a Docker container', async (t) => {
  const { output } = await harness.run(t, { script: 'cat /proc/self/status' });
  for (const name of ['CapPrm', 'CapEff', 'CapBnd']) t.is(line(output, name), '00000000a80425fb', name);
  for (const name of ['CapInh', 'CapAmb']) t.is(line(output, name), '0000000000000000', name);
  t.is(line(output, 'Seccomp'), '2');
  t.is(line(output, 'NoNewPrivs'), '0');
});

test('a user of its own has no capabilities, its groups, and may reopen its output', async (t) => {
  const { output, code } = await harness.run(t, {
    script: 'id; grep -E "CapEff|CapBnd" /proc/self/status; echo again > /dev/stdout; umask',
    changes: { process: { user: { uid: 33, gid: 33, additionalGids: [33, 50], umask: 0o27 } } },
  });
  t.is(code, 0, output);
  t.regex(output, /uid=33\(www\) gid=33\(www\) groups=33\(www\),50\(staff\)/);
  t.regex(output, /CapEff:\s+0000000000000000/);
  t.regex(output, /CapBnd:\s+00000000a80425fb/);
  t.regex(output, /again\n0027/);
});

test('no_new_privs is set when asked for, with the filter still there', async (t) => {
  const { output } = await harness.run(t, {
    script: 'cat /proc/self/status',
    changes: { process: { noNewPrivileges: true } },
  });
  t.is(line(output, 'NoNewPrivs'), '1');
  t.is(line(output, 'Seccomp'), '2');
});

test('seccomp stops what the profile forbids', async (t) => {
  const { output, code } = await harness.run(t, { script: 'unshare -n true; mount -t tmpfs x /tmp; echo end' });
  t.is(code, 0);
  t.regex(output, /unshare.*Operation not permitted/s);
  t.regex(output, /mount.*(denied|not permitted)/s);
});

test('hostname, working directory, environment and HOME', async (t) => {
  const { output } = await harness.run(t, {
    script: 'hostname; pwd; echo $HOME $X; stat -c %a .',
    changes: { process: { cwd: '/made/here', env: ['PATH=/bin', 'X=y'] } },
  });
  t.is(output, 'box\n/made/here\n/root y\n755\n');
});

test('nothing of the daemon is open in the container', async (t) => {
  const { output } = await harness.run(t, { args: ['ls', '/proc/self/fd'] });
  t.deepEqual(output.trim().split('\n'), ['0', '1', '2', '3'], '3 is the directory that ls reads');
});

test('masked paths are empty, read-only ones cannot be written', async (t) => {
  const { output } = await harness.run(t, {
    script: 'cat /proc/keys | wc -c; ls /sys/firmware | wc -l; echo 1 > /proc/sys/vm/swappiness; touch /sys/x',
  });
  t.regex(output, /^0\n0\n/);
  t.is(output.match(/Read-only file system/g)?.length, 2, output);
});

test('sysctls are those of the new namespace', async (t) => {
  const { output } = await harness.run(t, {
    script: 'cat /proc/sys/net/ipv4/ping_group_range /proc/sys/kernel/shmmni',
    changes: { linux: { sysctl: { 'net.ipv4.ping_group_range': '0 2147483647', 'kernel.shmmni': '1234' } } },
  });
  t.is(output, '0\t2147483647\n1234\n');
});

test('rlimits are set, and cut with a warning where the daemon may not give them', async (t) => {
  const { output } = await harness.run(t, {
    script: 'ulimit -Sn; ulimit -Hn; ulimit -c',
    changes: {
      process: {
        rlimits: [
          { type: 'RLIMIT_NOFILE', soft: 100, hard: 200 },
          { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
        ],
      },
    },
  });
  t.is(output, '100\n200\n0\n');
  if (harness.native.features.sysResource) return;
  const before = harness.warnings.length;
  const raised = await harness.run(t, {
    script: 'ulimit -Hn',
    changes: { process: { rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 10_000_000 }] } },
  });
  t.true(Number(raised.output) < 10_000_000);
  t.regex(harness.warnings.slice(before).join(), /RLIMIT_NOFILE/);
});

test('a read-only root is read-only, and its volumes are not', async (t) => {
  const { output } = await harness.run(t, {
    script: 'touch /x; touch /dev/shm/y && echo fine',
    changes: { root: { path: '/', readonly: true } },
  });
  t.regex(output, /\/x: Read-only file system/);
  t.regex(output, /fine/);
});

test('bind mounts: files and directories, read-only, in the image or not', async (t) => {
  const { output } = await harness.run(t, {
    script: 'cat /etc/hostname /new/deep/file; touch /ro/x; ls /ro | grep -c passwd; grep -c " /ro " /proc/mounts',
    changes: {
      mounts: [
        { destination: '/proc', type: 'proc', source: 'proc' },
        {
          destination: '/etc/hostname',
          type: 'bind',
          source: '/proc/sys/kernel/ostype',
          options: ['rbind', 'rprivate'],
        },
        { destination: '/new/deep/file', type: 'bind', source: '/proc/sys/kernel/ostype', options: ['bind', 'ro'] },
        { destination: '/ro', type: 'bind', source: '/etc', options: ['rbind', 'ro', 'rprivate'] },
      ],
    },
  });
  t.regex(output, /^Linux\nLinux\n/);
  t.regex(output, /\/ro\/x: Read-only file system/);
});

test('an OCI spec without the defaults still runs: no /dev, no seccomp, no capabilities', async (t) => {
  const { output, code } = await harness.run(t, {
    args: ['/bin/busybox', 'id', '-u'],
    changes: {
      mounts: [],
      process: { capabilities: {} },
      linux: { seccomp: { defaultAction: 'SCMP_ACT_ALLOW' }, maskedPaths: [], readonlyPaths: [], sysctl: {} },
    },
  });
  t.is(code, 0, output);
  t.is(output, '0\n');
});

/** Behind a command line nobody sees the operations. */
monolith('a start that is traced names every operation with its duration', async (t) => {
  const rows: string[] = [];
  const { code } = await harness.run(t, {
    script: 'true',
    request: { onTrace: (op, { errno, nanoseconds }) => void rows.push(`${op.op} ${errno} ${nanoseconds > 0n}`) },
  });
  t.is(code, 0);
  t.true(rows.length > 40);
  t.true(rows.includes('PIVOT 0 true'));
});
