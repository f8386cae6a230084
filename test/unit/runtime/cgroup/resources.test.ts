import test from 'ava';
import { v1Writes } from '../../../../src/runtime/cgroup/v1.ts';
import { cpuWeight, ioWeight, v2Writes } from '../../../../src/runtime/cgroup/v2.ts';
import type { ResourceWrites } from '../../../../src/runtime/cgroup/write.ts';
import type { Resources } from '../../../../src/runtime/spec.ts';

const everything = (): boolean => true;
const withoutBfq = (_: string, file: string): boolean => !file.includes('bfq');
const lines = ({ writes }: ResourceWrites): string[] => writes.map(({ file, value }) => `${file}=${value}`);

const CASES: readonly [title: string, resources: Resources, v1: string[], v2: string[]][] = [
  ['nothing', {}, [], []],
  [
    "Docker's zeros",
    { memory: { limit: 0, disableOOMKiller: false }, cpu: { shares: 0 }, blockIO: { weight: 0 }, pids: { limit: 0 } },
    [],
    [],
  ],
  [
    'memory and swap, memory first',
    { memory: { swap: 200, limit: 100, reservation: 50 } },
    ['memory.limit_in_bytes=100', 'memory.memsw.limit_in_bytes=200', 'memory.soft_limit_in_bytes=50'],
    ['memory.max=100', 'memory.swap.max=100', 'memory.low=50'],
  ],
  [
    'no swap: memory and memory+swap are equal',
    { memory: { limit: 100, swap: 100, swappiness: 0 } },
    ['memory.limit_in_bytes=100', 'memory.memsw.limit_in_bytes=100', 'memory.swappiness=0'],
    ['memory.max=100', 'memory.swap.max=0'],
  ],
  [
    'unlimited swap',
    { memory: { limit: 100, swap: -1, swappiness: -1 } },
    ['memory.limit_in_bytes=100', 'memory.memsw.limit_in_bytes=-1'],
    ['memory.max=100', 'memory.swap.max=max'],
  ],
  ['the OOM killer off', { memory: { disableOOMKiller: true } }, ['memory.oom_control=1'], []],
  [
    'a cpu quota, period first on v1',
    { cpu: { quota: 50_000, period: 100_000 } },
    ['cpu.cfs_period_us=100000', 'cpu.cfs_quota_us=50000'],
    ['cpu.max=50000 100000'],
  ],
  ['a quota without a period', { cpu: { quota: 5000 } }, ['cpu.cfs_quota_us=5000'], ['cpu.max=5000 100000']],
  ['a quota taken away', { cpu: { quota: -1 } }, ['cpu.cfs_quota_us=-1'], ['cpu.max=max 100000']],
  ['shares', { cpu: { shares: 1024 } }, ['cpu.shares=1024'], ['cpu.weight=100']],
  [
    'cpusets',
    { cpu: { cpus: '0-1', mems: '0' } },
    ['cpuset.cpus=0-1', 'cpuset.mems=0'],
    ['cpuset.cpus=0-1', 'cpuset.mems=0'],
  ],
  ['pids', { pids: { limit: 10 } }, ['pids.max=10'], ['pids.max=10']],
  ['pids without limit', { pids: { limit: -1 } }, ['pids.max=max'], ['pids.max=max']],
  [
    'block devices',
    { blockIO: { weight: 500, throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1024 }] } },
    ['blkio.weight=500', 'blkio.throttle.read_bps_device=8:0 1024'],
    ['io.weight=4950', 'io.max=8:0 rbps=1024'],
  ],
];

for (const [title, resources, v1, v2] of CASES) {
  test(`resources as v1 writes: ${title}`, (t) => {
    t.deepEqual(lines(v1Writes(resources, withoutBfq)), v1);
  });
  test(`resources as v2 writes: ${title}`, (t) => {
    t.deepEqual(lines(v2Writes(resources, withoutBfq)), v2);
  });
}

test('a limit whose file the kernel lacks becomes a warning', (t) => {
  const { writes, warnings } = v1Writes({ memory: { limit: 5, swap: 5 } }, (_, file) => !file.includes('memsw'));
  t.is(writes.length, 1);
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /memory\.memsw\.limit_in_bytes/);
});

test('bfq takes the weight as it is', (t) => {
  t.deepEqual(lines(v2Writes({ blockIO: { weight: 500 } }, everything)), ['io.bfq.weight=500']);
  const bfqOnly = (_: string, file: string): boolean => file !== 'blkio.weight';
  t.deepEqual(lines(v1Writes({ blockIO: { weight: 500 } }, bfqOnly)), ['blkio.bfq.weight=500']);
});

test('cpu.weight meets cpu.shares at minimum, default and maximum', (t) => {
  t.deepEqual([0, 2, 1024, 262_144, 1_000_000].map(cpuWeight), [1, 1, 100, 10_000, 10_000]);
  const curve = [2, 100, 512, 1024, 2048, 10_000, 262_144].map(cpuWeight);
  t.deepEqual(
    curve,
    [...curve].sort((a, b) => a - b),
  );
});

test('io.weight covers the whole range', (t) => {
  t.deepEqual([10, 1000].map(ioWeight), [1, 10_000]);
});
