import test from 'ava';
import { completeHostConfig } from '../../../../src/daemon/container/defaults.ts';
import { discardLimits } from '../../../../src/daemon/container/limit-warnings.ts';
import type { LimitSupport } from '../../../../src/runtime/cgroup/support.ts';
import type { HostConfig } from '../../../../src/types/container-config.ts';

const FULL: LimitSupport = {
  memory: true,
  swap: true,
  swappiness: true,
  oomKillDisable: true,
  cpuShares: true,
  cpuQuota: true,
  cpuset: true,
  pids: true,
  blkioWeight: true,
  blkioWeightDevice: true,
  blkioThrottle: true,
};

const complete = (given: Partial<HostConfig>): HostConfig =>
  completeHostConfig({
    body: { HostConfig: given },
    id: 'c'.repeat(64),
    hostHostname: 'host',
    cgroupnsMode: 'private',
    runtime: 'inprocess',
    defaultNetwork: 'bridge',
    defaultLog: { Type: 'json-file', Config: {} },
  });

const CASES: readonly (readonly [keyof LimitSupport, Partial<HostConfig>, Partial<HostConfig>, RegExp])[] = [
  ['swap', { Memory: 64 << 20 }, { Memory: 64 << 20, MemorySwap: -1 }, /Memory limited without swap\.$/],
  ['memory', { Memory: 64 << 20 }, { Memory: 0, MemorySwap: 0 }, /memory limit capabilities/],
  ['swappiness', { MemorySwappiness: 3 }, { MemorySwappiness: null }, /Memory swappiness discarded\.$/],
  [
    'oomKillDisable',
    { OomKillDisable: true, Memory: 64 << 20 },
    { OomKillDisable: null },
    /OomKillDisable discarded\.$/,
  ],
  ['pids', { PidsLimit: 9 }, { PidsLimit: null }, /PIDs limit discarded\.$/],
  ['cpuset', { CpusetCpus: '0' }, { CpusetCpus: '' }, /Cpuset discarded\.$/],
  ['cpuShares', { CpuShares: 2 }, { CpuShares: 0 }, /Shares discarded\.$/],
  [
    'blkioThrottle',
    { BlkioDeviceReadBps: [{ Path: '/dev/sda', Rate: 1 }] },
    { BlkioDeviceReadBps: [] },
    /Block I\/O BPS read limit discarded\.$/,
  ],
];
for (const [lacking, given, kept, warning] of CASES) {
  test(`without ${lacking}, ${Object.keys(given).join(', ')} is discarded with a warning`, (t) => {
    const { hostConfig, warnings } = discardLimits(complete(given), { ...FULL, [lacking]: false });
    t.like(hostConfig, kept);
    t.is(warnings.length, 1);
    t.regex(warnings[0] ?? '', warning);
    t.deepEqual(discardLimits(complete(given), FULL), { hostConfig: complete(given), warnings: [] });
  });
}

test('nothing is said of limits that nobody set', (t) => {
  const none = Object.fromEntries(Object.keys(FULL).map((key) => [key, false])) as unknown as LimitSupport;
  t.deepEqual(discardLimits(complete({ MemorySwap: -1, PidsLimit: -1 }), none).warnings, []);
});
