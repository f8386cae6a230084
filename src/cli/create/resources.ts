// Flags that limit what a container may use: memory, processors, processes, block devices, ulimits.
import type { HostConfig, ThrottleDevice, Ulimit, WeightDevice } from '../../types/container-config.ts';
import { defineFlags, type FlagValues } from '../flags/spec.ts';
import { parseBytes, parseInteger } from '../flags/values.ts';
import { UsageError } from '../usage-error.ts';
import { defined } from './defined.ts';
import { orUndefined, splitPair } from './words.ts';

const GROUP = 'Resources';

export const RESOURCE_FLAGS = defineFlags({
  'blkio-weight': {
    kind: 'integer',
    summary: 'Block IO (relative weight), between 10 and 1000, or 0 to disable',
    group: GROUP,
  },
  'blkio-weight-device': { kind: 'list', summary: 'Block IO weight (relative device weight)', group: GROUP },
  'cgroup-parent': { kind: 'string', summary: 'Optional parent cgroup for the container', group: GROUP },
  'cpu-period': { kind: 'integer', summary: 'Limit CPU CFS (Completely Fair Scheduler) period', group: GROUP },
  'cpu-quota': { kind: 'integer', summary: 'Limit CPU CFS (Completely Fair Scheduler) quota', group: GROUP },
  'cpu-rt-period': { kind: 'integer', summary: 'Limit CPU real-time period in microseconds', group: GROUP },
  'cpu-rt-runtime': { kind: 'integer', summary: 'Limit CPU real-time runtime in microseconds', group: GROUP },
  'cpu-shares': { kind: 'integer', short: 'c', summary: 'CPU shares (relative weight)', group: GROUP },
  cpus: { kind: 'decimal', summary: 'Number of CPUs', group: GROUP },
  'cpuset-cpus': { kind: 'string', summary: 'CPUs in which to allow execution (0-3, 0,1)', group: GROUP },
  'cpuset-mems': { kind: 'string', summary: 'MEMs in which to allow execution (0-3, 0,1)', group: GROUP },
  'device-read-bps': { kind: 'list', summary: 'Limit read rate (bytes per second) from a device', group: GROUP },
  'device-read-iops': { kind: 'list', summary: 'Limit read rate (IO per second) from a device', group: GROUP },
  'device-write-bps': { kind: 'list', summary: 'Limit write rate (bytes per second) to a device', group: GROUP },
  'device-write-iops': { kind: 'list', summary: 'Limit write rate (IO per second) to a device', group: GROUP },
  'kernel-memory': { kind: 'bytes', value: 'bytes', summary: 'Kernel memory limit', group: GROUP, hidden: true },
  memory: { kind: 'bytes', short: 'm', value: 'bytes', summary: 'Memory limit', group: GROUP },
  'memory-reservation': { kind: 'bytes', value: 'bytes', summary: 'Memory soft limit', group: GROUP },
  'memory-swap': {
    kind: 'bytes',
    summary: "Swap limit equal to memory plus swap: '-1' for unlimited swap",
    group: GROUP,
  },
  'memory-swappiness': { kind: 'integer', summary: 'Tune container memory swappiness (0 to 100)', group: GROUP },
  'oom-kill-disable': { kind: 'boolean', summary: 'Disable OOM Killer', group: GROUP },
  'oom-score-adj': { kind: 'integer', summary: "Tune host's OOM preferences (-1000 to 1000)", group: GROUP },
  'pids-limit': { kind: 'integer', summary: 'Tune container pids limit (set -1 for unlimited)', group: GROUP },
  'shm-size': { kind: 'bytes', value: 'bytes', summary: 'Size of /dev/shm', group: GROUP },
  ulimit: { kind: 'list', value: 'ulimit', summary: 'Ulimit options (name=soft[:hard])', group: GROUP },
});

type ResourceFlags = FlagValues<typeof RESOURCE_FLAGS>;

const MAX_NANO_DIGITS = 9;

export function resourceHostConfig(flags: ResourceFlags): Partial<HostConfig> {
  const swappiness = flags['memory-swappiness'];
  if (swappiness !== undefined && (swappiness < -1 || swappiness > 100)) {
    throw new UsageError(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
  }
  return defined<Partial<HostConfig>>({
    CpuShares: flags['cpu-shares'],
    Memory: flags.memory,
    NanoCpus: flags.cpus === undefined ? undefined : Math.round(flags.cpus * 10 ** MAX_NANO_DIGITS),
    CgroupParent: flags['cgroup-parent'],
    BlkioWeight: flags['blkio-weight'],
    BlkioWeightDevice: orUndefined(flags['blkio-weight-device'].map(parseWeightDevice)),
    BlkioDeviceReadBps: orUndefined(flags['device-read-bps'].map((text) => parseThrottle(text, parseBytes))),
    BlkioDeviceWriteBps: orUndefined(flags['device-write-bps'].map((text) => parseThrottle(text, parseBytes))),
    BlkioDeviceReadIOps: orUndefined(flags['device-read-iops'].map((text) => parseThrottle(text, parseInteger))),
    BlkioDeviceWriteIOps: orUndefined(flags['device-write-iops'].map((text) => parseThrottle(text, parseInteger))),
    CpuPeriod: flags['cpu-period'],
    CpuQuota: flags['cpu-quota'],
    CpuRealtimePeriod: flags['cpu-rt-period'],
    CpuRealtimeRuntime: flags['cpu-rt-runtime'],
    CpusetCpus: flags['cpuset-cpus'],
    CpusetMems: flags['cpuset-mems'],
    MemoryReservation: flags['memory-reservation'],
    MemorySwap: flags['memory-swap'],
    MemorySwappiness: swappiness === -1 ? undefined : swappiness,
    OomKillDisable: flags['oom-kill-disable'],
    OomScoreAdj: flags['oom-score-adj'],
    PidsLimit: flags['pids-limit'],
    ShmSize: flags['shm-size'],
    Ulimits: orUndefined(flags.ulimit.map(parseUlimit)),
  });
}

const ULIMITS = 'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
  ' ',
);

/** `nofile=1024:2048`, `nofile=1024`, -1 for unlimited. */
export function parseUlimit(text: string): Ulimit {
  const [name, limits = ''] = splitPair(text);
  if (!ULIMITS.includes(name)) throw new UsageError(`invalid ulimit type: ${name}`);
  const parts = /^(-1|\d+)(?::(-1|\d+))?$/.exec(limits);
  if (parts === null) throw new UsageError(`invalid ulimit argument: ${text}: use ${name}=soft[:hard]`);
  const soft = Number(parts[1]);
  const hard = Number(parts[2] ?? soft);
  if (hard !== -1 && (soft === -1 || soft > hard)) {
    throw new UsageError(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
  }
  return { Name: name, Soft: soft, Hard: hard };
}

function parseWeightDevice(text: string): WeightDevice {
  const [path, weight] = splitDevice(text);
  const value = Number(weight);
  if (!/^\d+$/.test(weight) || (value !== 0 && (value < 10 || value > 1000))) {
    throw new UsageError(`invalid weight for device: ${text}`);
  }
  return { Path: path, Weight: value };
}

function parseThrottle(text: string, parse: (rate: string) => number): ThrottleDevice {
  const [path, rate] = splitDevice(text);
  try {
    return { Path: path, Rate: parse(rate) };
  } catch {
    throw new UsageError(`invalid rate for device: ${text}. The correct format is <device-path>:<number>[<unit>]`);
  }
}

function splitDevice(text: string): readonly [string, string] {
  const parts = /^(\/dev\/[^:]+):(.+)$/.exec(text);
  if (parts === null) throw new UsageError(`bad format for device path: ${text}`);
  return [parts[1] ?? '', parts[2] ?? ''];
}
