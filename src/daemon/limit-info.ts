// What /info says of limits: which the kernel has, and a warning for each that it lacks, in Docker's words (moby
// daemon/info_unix.go). Pure.
import type { LimitSupport } from '../runtime/cgroup/support.ts';
import type { InfoResponse } from '../types/system.ts';

type Limits = Pick<
  InfoResponse,
  'MemoryLimit' | 'SwapLimit' | 'CpuCfsPeriod' | 'CpuCfsQuota' | 'CPUShares' | 'CPUSet' | 'PidsLimit' | 'OomKillDisable'
>;

export function limitInfo(support: LimitSupport): Limits {
  return {
    MemoryLimit: support.memory,
    SwapLimit: support.swap,
    CpuCfsPeriod: support.cpuQuota,
    CpuCfsQuota: support.cpuQuota,
    CPUShares: support.cpuShares,
    CPUSet: support.cpuset,
    PidsLimit: support.pids,
    OomKillDisable: support.oomKillDisable,
  };
}

const WARNINGS: readonly (readonly [keyof LimitSupport, string])[] = [
  ['memory', 'No memory limit support'],
  ['swap', 'No swap limit support'],
  ['cpuQuota', 'No cpu cfs quota support'],
  ['cpuShares', 'No cpu shares support'],
  ['cpuset', 'No cpuset support'],
  ['pids', 'No pids limit support'],
];

export function limitWarnings(support: LimitSupport): string[] {
  return WARNINGS.filter(([needed]) => !support[needed]).map(([, what]) => `WARNING: ${what}`);
}
