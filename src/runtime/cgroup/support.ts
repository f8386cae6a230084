// Which limits the kernel of this host can give to containers, by the files that their cgroups have.
import type { CgroupLayout } from './layout.ts';
import { prepareParents } from './parents.ts';
import { type ContainerCgroups, containerCgroups } from './paths.ts';
import { hasCgroupFile } from './probe.ts';

/** As verdicts on HostConfig's limits; the daemon discards what is false. */
export interface LimitSupport {
  readonly memory: boolean;
  readonly swap: boolean;
  readonly swappiness: boolean;
  readonly oomKillDisable: boolean;
  readonly cpuShares: boolean;
  readonly cpuQuota: boolean;
  readonly cpuset: boolean;
  readonly pids: boolean;
  readonly blkioWeight: boolean;
  readonly blkioWeightDevice: boolean;
  readonly blkioThrottle: boolean;
}

/** The cgroups that the containers' own are made in by default; makes them, since files can be looked for nowhere else. */
export function probedCgroups(layout: CgroupLayout): ContainerCgroups {
  const cgroups = containerCgroups(layout, undefined, 'probe');
  prepareParents(cgroups);
  return cgroups;
}

export function limitSupport(cgroups: ContainerCgroups): LimitSupport {
  const has = (controller: string, ...files: string[]): boolean =>
    files.some((file) => hasCgroupFile(cgroups, controller, file));
  if (cgroups.version === 2) {
    const weight = has('io', 'io.weight', 'io.bfq.weight');
    return {
      memory: has('memory', 'memory.max'),
      swap: has('memory', 'memory.swap.max'),
      swappiness: false,
      oomKillDisable: false,
      cpuShares: has('cpu', 'cpu.weight'),
      cpuQuota: has('cpu', 'cpu.max'),
      cpuset: has('cpuset', 'cpuset.cpus'),
      pids: has('pids', 'pids.max'),
      ...{ blkioWeight: weight, blkioWeightDevice: weight },
      blkioThrottle: has('io', 'io.max'),
    };
  }
  return {
    memory: has('memory', 'memory.limit_in_bytes'),
    swap: has('memory', 'memory.memsw.limit_in_bytes'),
    swappiness: has('memory', 'memory.swappiness'),
    oomKillDisable: has('memory', 'memory.oom_control'),
    cpuShares: has('cpu', 'cpu.shares'),
    cpuQuota: has('cpu', 'cpu.cfs_quota_us'),
    cpuset: has('cpuset', 'cpuset.cpus'),
    pids: has('pids', 'pids.max'),
    blkioWeight: has('blkio', 'blkio.weight', 'blkio.bfq.weight'),
    blkioWeightDevice: has('blkio', 'blkio.weight_device', 'blkio.bfq.weight_device'),
    blkioThrottle: has('blkio', 'blkio.throttle.read_bps_device'),
  };
}
