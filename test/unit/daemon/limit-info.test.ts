import test from 'ava';
import { limitInfo, limitWarnings } from '../../../src/daemon/limit-info.ts';
import type { LimitSupport } from '../../../src/runtime/cgroup/support.ts';

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

test('a kernel that has everything is not warned of', (t) => {
  t.deepEqual(limitWarnings(FULL), []);
  t.true(Object.values(limitInfo(FULL)).every(Boolean));
});

test('what is lacking is false, and said', (t) => {
  const lacking = { ...FULL, swap: false, cpuset: false, oomKillDisable: false };
  t.like(limitInfo(lacking), { SwapLimit: false, CPUSet: false, OomKillDisable: false, MemoryLimit: true });
  t.deepEqual(limitWarnings(lacking), ['WARNING: No swap limit support', 'WARNING: No cpuset support']);
});
