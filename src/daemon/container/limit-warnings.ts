// Limits that this host's kernel does not have: discarded with Docker's warning, so that inspect shows what holds (moby
// daemon_unix.go, verifyPlatformContainerResources). Pure; what the kernel has is asked through LimitSupport.
import type { LimitSupport } from '../../runtime/cgroup/support.ts';
import type { HostConfig } from '../../types/container-config.ts';

export interface DiscardedLimits {
  readonly hostConfig: HostConfig;
  readonly warnings: readonly string[];
}

interface Rule {
  readonly support: keyof LimitSupport;
  readonly fields: readonly (keyof HostConfig)[];
  /** The value that stands for no limit. */
  readonly none: 0 | -1 | null | '' | readonly [];
  readonly warning: string;
}

const unsupported = (what: string, discarded: string): string =>
  `Your kernel does not support ${what} or the cgroup is not mounted. ${discarded}`;
const noThrottle = (way: string, unit: string): string =>
  unsupported(`${unit} Block I/O ${way} limit`, `Block I/O ${unit} ${way} limit discarded.`);

const RULES: readonly Rule[] = [
  {
    support: 'memory',
    fields: ['Memory', 'MemorySwap'],
    none: 0,
    warning: unsupported('memory limit capabilities', 'Limitation discarded.'),
  },
  {
    support: 'swap',
    fields: ['MemorySwap'],
    none: -1,
    warning: unsupported('swap limit capabilities', 'Memory limited without swap.'),
  },
  {
    support: 'swappiness',
    fields: ['MemorySwappiness'],
    none: null,
    warning: unsupported('memory swappiness capabilities', 'Memory swappiness discarded.'),
  },
  {
    support: 'memory',
    fields: ['MemoryReservation'],
    none: 0,
    warning: unsupported('memory soft limit capabilities', 'Limitation discarded.'),
  },
  {
    support: 'oomKillDisable',
    fields: ['OomKillDisable'],
    none: null,
    warning: 'Your kernel does not support OomKillDisable. OomKillDisable discarded.',
  },
  {
    support: 'pids',
    fields: ['PidsLimit'],
    none: null,
    warning: unsupported('PIDs limit capabilities', 'PIDs limit discarded.'),
  },
  {
    support: 'cpuQuota',
    fields: ['NanoCpus', 'CpuPeriod', 'CpuQuota'],
    none: 0,
    warning: unsupported('CPU CFS quota', 'Quota discarded.'),
  },
  { support: 'cpuShares', fields: ['CpuShares'], none: 0, warning: unsupported('CPU shares', 'Shares discarded.') },
  {
    support: 'cpuset',
    fields: ['CpusetCpus', 'CpusetMems'],
    none: '',
    warning: unsupported('cpuset', 'Cpuset discarded.'),
  },
  {
    support: 'blkioWeight',
    fields: ['BlkioWeight'],
    none: 0,
    warning: unsupported('Block I/O weight', 'Weight discarded.'),
  },
  {
    support: 'blkioWeightDevice',
    fields: ['BlkioWeightDevice'],
    none: [],
    warning: unsupported('Block I/O weight_device', 'Weight-device discarded.'),
  },
  { support: 'blkioThrottle', fields: ['BlkioDeviceReadBps'], none: [], warning: noThrottle('read', 'BPS') },
  { support: 'blkioThrottle', fields: ['BlkioDeviceWriteBps'], none: [], warning: noThrottle('write', 'BPS') },
  { support: 'blkioThrottle', fields: ['BlkioDeviceReadIOps'], none: [], warning: noThrottle('read', 'IOPS') },
  { support: 'blkioThrottle', fields: ['BlkioDeviceWriteIOps'], none: [], warning: noThrottle('write', 'IOPS') },
];

/** `hostConfig` without what the kernel cannot give. */
export function discardLimits(hostConfig: HostConfig, support: LimitSupport): DiscardedLimits {
  const warnings: string[] = [];
  let kept = hostConfig;
  for (const { support: needed, fields, none, warning } of RULES) {
    const given = fields.filter((field) => isSet(kept[field]));
    if (support[needed] || given.length === 0) continue;
    warnings.push(warning);
    kept = { ...kept, ...Object.fromEntries(given.map((field) => [field, none])) };
  }
  if (kept.OomKillDisable === true && kept.Memory === 0) {
    warnings.push(
      'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
    );
  }
  return { hostConfig: kept, warnings };
}

/** -1 is `no limit` wherever it may stand. */
function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== 0 && value !== -1 && value !== '' && value !== false;
}
