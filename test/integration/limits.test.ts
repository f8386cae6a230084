// Limits of run and create, by what the kernel has in the container's cgroup and by what happens to its processes. Needs root.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { ContainerInspect, CreateResponse } from '../../src/types/container.ts';
import type { HostConfig } from '../../src/types/container-config.ts';
import { cgroupDirectory, unified } from '../helpers/cgroup.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { create, inspect, logs, runToEnd, start, startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

const MB = 1 << 20;
/** A block device that is there, for limits by device. */
const DISK = ['vda', 'sda', 'loop0'].map((name) => `/dev/${name}`).find((path) => existsSync(path)) ?? '';
const NUMBERS = readFileSync(`/sys/block/${DISK.replace('/dev/', '')}/dev`, 'utf8').trim();

async function pidOf(id: string): Promise<number> {
  return (await inspect<ContainerInspect>(daemon, id)).State.Pid;
}

/** controller, v1 file and value, v2 file and value; a value that is a pattern has to match. */
type Expected = readonly [string, (readonly [string, string | RegExp])?, (readonly [string, string | RegExp])?];
const LIMITS: readonly (readonly [string, Partial<HostConfig>, ...Expected[]])[] = [
  [
    '--memory',
    { Memory: 64 * MB },
    ['memory', ['memory.limit_in_bytes', String(64 * MB)], ['memory.max', String(64 * MB)]],
    ['memory', ['memory.memsw.limit_in_bytes', String(128 * MB)], ['memory.swap.max', String(64 * MB)]],
  ],
  [
    '--memory-swap',
    { Memory: 64 * MB, MemorySwap: 80 * MB },
    ['memory', ['memory.memsw.limit_in_bytes', String(80 * MB)], ['memory.swap.max', String(16 * MB)]],
  ],
  [
    '--memory-swap -1',
    { Memory: 64 * MB, MemorySwap: -1 },
    ['memory', ['memory.memsw.limit_in_bytes', /^\d{15,}$/], ['memory.swap.max', 'max']],
  ],
  [
    '--memory-reservation',
    { MemoryReservation: 32 * MB },
    ['memory', ['memory.soft_limit_in_bytes', String(32 * MB)], ['memory.low', String(32 * MB)]],
  ],
  ['--memory-swappiness', { MemorySwappiness: 7 }, ['memory', ['memory.swappiness', '7']]],
  [
    '--oom-kill-disable',
    { Memory: 64 * MB, OomKillDisable: true },
    ['memory', ['memory.oom_control', /oom_kill_disable 1/]],
  ],
  ['--cpus', { NanoCpus: 500_000_000 }, ['cpu', ['cpu.cfs_quota_us', '50000'], ['cpu.max', '50000 100000']]],
  [
    '--cpu-period and --cpu-quota',
    { CpuPeriod: 50_000, CpuQuota: 20_000 },
    ['cpu', ['cpu.cfs_period_us', '50000'], ['cpu.max', '20000 50000']],
    ['cpu', ['cpu.cfs_quota_us', '20000']],
  ],
  ['--cpu-shares', { CpuShares: 512 }, ['cpu', ['cpu.shares', '512'], ['cpu.weight', /^\d+$/]]],
  [
    '--cpuset-cpus and --cpuset-mems',
    { CpusetCpus: '0', CpusetMems: '0' },
    ['cpuset', ['cpuset.cpus', '0'], ['cpuset.cpus', '0']],
    ['cpuset', ['cpuset.mems', '0'], ['cpuset.mems', '0']],
  ],
  ['--pids-limit', { PidsLimit: 17 }, ['pids', ['pids.max', '17'], ['pids.max', '17']]],
  ['--blkio-weight', { BlkioWeight: 300 }, ['blkio', ['blkio.bfq.weight', /300/]]],
  ...(['Read', 'Write'] as const).flatMap((way): (readonly [string, Partial<HostConfig>, Expected])[] => [
    [
      `--device-${way.toLowerCase()}-bps`,
      { [`BlkioDevice${way}Bps`]: [{ Path: DISK, Rate: MB }] },
      [
        'blkio',
        [`blkio.throttle.${way.toLowerCase()}_bps_device`, `${NUMBERS} ${MB}`],
        ['io.max', new RegExp(`^${NUMBERS} .*${way === 'Read' ? 'r' : 'w'}bps=${MB}`)],
      ],
    ],
    [
      `--device-${way.toLowerCase()}-iops`,
      { [`BlkioDevice${way}IOps`]: [{ Path: DISK, Rate: 77 }] },
      [
        'blkio',
        [`blkio.throttle.${way.toLowerCase()}_iops_device`, `${NUMBERS} 77`],
        ['io.max', new RegExp(`^${NUMBERS} .*${way === 'Read' ? 'r' : 'w'}iops=77`)],
      ],
    ],
  ]),
];

for (const [title, HostConfig, ...expected] of LIMITS) {
  const here = expected.filter(([, v1, v2]) => (unified ? v2 : v1) !== undefined);
  if (here.length === 0) continue;
  test(`${title} is in the cgroup`, async (t) => {
    const id = await start(daemon, { Cmd: ['sleep', '1000'], HostConfig });
    const pid = await pidOf(id);
    for (const [controller, v1, v2] of here) {
      const [file, value] = (unified ? v2 : v1) ?? ['', ''];
      const path = join(cgroupDirectory(pid, controller), file);
      // Not every kernel has bfq.
      if (!existsSync(path) && /bfq/.test(file)) continue;
      const text = readFileSync(path, 'utf8').trim();
      if (typeof value === 'string') t.is(text, value, file);
      else t.regex(text, value, file);
    }
    await daemon.api('DELETE', `/containers/${id}?force=1`);
  });
}

test('--cpus throttles a loop', async (t) => {
  const id = await start(daemon, {
    Cmd: ['sh', '-c', 'while :; do :; done'],
    HostConfig: { CpuPeriod: 10_000, CpuQuota: 1000 },
  });
  const directory = cgroupDirectory(await pidOf(id), 'cpu');
  await sleep(600);
  const throttled = Number(/nr_throttled (\d+)/.exec(readFileSync(join(directory, 'cpu.stat'), 'utf8'))?.[1]);
  t.true(throttled > 10, `${throttled} periods`);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('--cpuset-cpus binds the processes', async (t) => {
  const { id } = await runToEnd(daemon, {
    Cmd: ['grep', 'Cpus_allowed_list', '/proc/self/status'],
    HostConfig: { CpusetCpus: '0' },
  });
  t.regex((await logs(daemon, id)).out, /^Cpus_allowed_list:\s+0\n$/);
});

test('--pids-limit stops a fork bomb', async (t) => {
  const { id, code } = await runToEnd(daemon, {
    Cmd: ['sh', '-c', 'for i in $(seq 20); do sleep 5 & done'],
    HostConfig: { PidsLimit: 5 },
  });
  t.not(code, 0);
  t.regex((await logs(daemon, id)).err, /can't fork: Resource temporarily unavailable/);
});

test('an OOM kill of a child is told, although the first process ends by itself', async (t) => {
  const { id, code } = await runToEnd(daemon, {
    Cmd: ['sh', '-c', 'sh -c "x=y; while :; do x=\\$x\\$x; done"; exit 9'],
    HostConfig: { Memory: 16 * MB, MemorySwap: 16 * MB },
  });
  t.is(code, 9);
  t.true((await inspect<ContainerInspect>(daemon, id)).State.OOMKilled);
});

test('a kill is no OOM kill', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '1000'], HostConfig: { Memory: 16 * MB } });
  await daemon.api('POST', `/containers/${id}/kill`);
  t.like((await inspect<ContainerInspect>(daemon, id)).State, { OOMKilled: false, ExitCode: 137, Error: '' });
});

test('--cgroup-parent', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '1000'], HostConfig: { CgroupParent: '/tsker/tests-parent' } });
  t.regex(cgroupDirectory(await pidOf(id), 'memory'), new RegExp(`/tsker/tests-parent/${id}$`));
  await daemon.api('DELETE', `/containers/${id}?force=1`);
  const answer = await daemon.api('POST', '/containers/create', {
    Image: 'busybox',
    HostConfig: { CgroupParent: '/../outside' },
  });
  t.is(answer.status, 400);
});

test('--blkio-weight-device is in the cgroup, or the kernel says that the disk has another scheduler', async (t) => {
  const id = await create(daemon, {
    Cmd: ['sleep', '1000'],
    HostConfig: { BlkioWeightDevice: [{ Path: DISK, Weight: 200 }] },
  });
  const started = await daemon.api('POST', `/containers/${id}/start`);
  if (started.status === 500) {
    t.regex(started.text, /(blkio|io)(\.bfq)?\.weight(_device)?: EOPNOTSUPP/);
    return;
  }
  const file = unified ? 'io.bfq.weight' : 'blkio.bfq.weight_device';
  const path = join(cgroupDirectory(await pidOf(id), 'blkio'), file);
  // Discarded, with a warning, where the kernel has no such file.
  if (existsSync(path)) t.regex(readFileSync(path, 'utf8'), new RegExp(`^${NUMBERS} 200$`, 'm'));
  else t.is((await inspect<ContainerInspect>(daemon, id)).HostConfig.BlkioWeightDevice?.length, 0);
});

/** v2 has no time for real-time processes to give. */
const realtime = needing(test, { 'shares of real time': existsSync('/sys/fs/cgroup/cpu/cpu.rt_runtime_us') });

realtime('--cpu-rt-period and --cpu-rt-runtime, out of what the parent has', async (t) => {
  const CgroupParent = `/tsker-tests-realtime-${process.pid}`;
  const first = await start(daemon, { Cmd: ['sleep', '1000'], HostConfig: { CgroupParent } });
  writeFileSync(join(cgroupDirectory(await pidOf(first), 'cpu'), '../cpu.rt_runtime_us'), '100000');
  const HostConfig = { CgroupParent, CpuRealtimePeriod: 500_000, CpuRealtimeRuntime: 20_000 };
  const second = await start(daemon, { Cmd: ['sleep', '1000'], HostConfig });
  const directory = cgroupDirectory(await pidOf(second), 'cpu');
  const values = ['period', 'runtime'].map((name) => readFileSync(join(directory, `cpu.rt_${name}_us`), 'utf8').trim());
  t.deepEqual(values, ['500000', '20000']);
  for (const id of [first, second]) await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('--ulimit, cut to what the daemon may give', async (t) => {
  const { id } = await runToEnd(daemon, {
    Cmd: ['sh', '-c', 'ulimit -Sn; ulimit -Hn; ulimit -c'],
    HostConfig: {
      Ulimits: [
        { Name: 'nofile', Soft: 100, Hard: 200 },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
    },
  });
  t.is((await logs(daemon, id)).out, '100\n200\n0\n');
});

test('limits that this kernel does not have are discarded with a warning of Docker', async (t) => {
  const answer = await daemon.api('POST', '/containers/create', {
    Image: 'busybox',
    HostConfig: { OomKillDisable: true, ...(unified ? { MemorySwappiness: 5 } : {}) },
  });
  const { Id, Warnings } = answer.json<CreateResponse>();
  t.deepEqual(
    Warnings,
    unified
      ? [
          'Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.',
          'Your kernel does not support OomKillDisable. OomKillDisable discarded.',
        ]
      : [
          'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
        ],
  );
  const { HostConfig } = await inspect<ContainerInspect>(daemon, Id);
  t.is(HostConfig.OomKillDisable, unified ? null : true);
});
