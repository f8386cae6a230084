// What a container has used so far, from the files of its cgroups, in one form for v1 and v2. The texts are parsed by
// stats-parse.ts; differences over time are the caller's.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ContainerCgroups, directoryOf } from './paths.ts';
import { type IoEntry, parseFlat, parseIoStat, parseLimit, parseThrottleIo } from './stats-parse.ts';

/** Counters since the start of the container. Times in nanoseconds, sizes in bytes. */
export interface CgroupStatistics {
  readonly version: 1 | 2;
  readonly cpu: {
    readonly total: number;
    readonly user: number;
    readonly system: number;
    /** v1 only: one for each processor. */
    readonly perProcessor: readonly number[] | undefined;
    readonly periods: number;
    readonly throttledPeriods: number;
    readonly throttledTime: number;
  };
  /** Undefined where the host has no memory controller. */
  readonly memory:
    | {
        readonly usage: number;
        /** v1 only. */
        readonly maxUsage: number | undefined;
        readonly failures: number | undefined;
        /** Undefined: no limit. */
        readonly limit: number | undefined;
        readonly stat: Readonly<Record<string, number>>;
      }
    | undefined;
  readonly pids: { readonly current: number; readonly limit: number | undefined };
  /** Bytes and operations by device and way. */
  readonly io: { readonly bytes: readonly IoEntry[]; readonly operations: readonly IoEntry[] };
}

/** Length of a tick of cpuacct.stat: USER_HZ is 100 wherever Node runs. */
const TICK = 1e9 / 100;

export function readStatistics(cgroups: ContainerCgroups): CgroupStatistics {
  const read = (controller: string, file: string): string | undefined => {
    const directory = directoryOf(cgroups, controller);
    return directory === undefined ? undefined : readIfThere(join(directory.path, file));
  };
  const pids = {
    current: Number(read('pids', 'pids.current') ?? 0),
    limit: parseLimit(read('pids', 'pids.max')),
  };
  return cgroups.version === 2
    ? { version: 2, cpu: cpuV2(read), memory: memoryV2(read), pids, io: parseIoStat(read('io', 'io.stat') ?? '') }
    : { version: 1, cpu: cpuV1(read), memory: memoryV1(read), pids, io: ioV1(read) };
}

type Read = (controller: string, file: string) => string | undefined;

function cpuV1(read: Read): CgroupStatistics['cpu'] {
  const throttling = parseFlat(read('cpu', 'cpu.stat') ?? '');
  const times = parseFlat(read('cpuacct', 'cpuacct.stat') ?? '');
  return {
    total: Number(read('cpuacct', 'cpuacct.usage') ?? 0),
    user: (times['user'] ?? 0) * TICK,
    system: (times['system'] ?? 0) * TICK,
    perProcessor: read('cpuacct', 'cpuacct.usage_percpu')?.trim().split(/\s+/).map(Number),
    periods: throttling['nr_periods'] ?? 0,
    throttledPeriods: throttling['nr_throttled'] ?? 0,
    throttledTime: throttling['throttled_time'] ?? 0,
  };
}

function cpuV2(read: Read): CgroupStatistics['cpu'] {
  const stat = parseFlat(read('cpu', 'cpu.stat') ?? '');
  return {
    total: (stat['usage_usec'] ?? 0) * 1000,
    user: (stat['user_usec'] ?? 0) * 1000,
    system: (stat['system_usec'] ?? 0) * 1000,
    perProcessor: undefined,
    periods: stat['nr_periods'] ?? 0,
    throttledPeriods: stat['nr_throttled'] ?? 0,
    throttledTime: (stat['throttled_usec'] ?? 0) * 1000,
  };
}

function memoryV1(read: Read): CgroupStatistics['memory'] {
  const usage = read('memory', 'memory.usage_in_bytes');
  if (usage === undefined) return undefined;
  return {
    usage: Number(usage),
    maxUsage: Number(read('memory', 'memory.max_usage_in_bytes') ?? 0),
    failures: Number(read('memory', 'memory.failcnt') ?? 0),
    limit: parseLimit(read('memory', 'memory.limit_in_bytes')),
    stat: parseFlat(read('memory', 'memory.stat') ?? ''),
  };
}

function memoryV2(read: Read): CgroupStatistics['memory'] {
  const usage = read('memory', 'memory.current');
  if (usage === undefined) return undefined;
  return {
    usage: Number(usage),
    maxUsage: undefined,
    failures: undefined,
    limit: parseLimit(read('memory', 'memory.max')),
    stat: parseFlat(read('memory', 'memory.stat') ?? ''),
  };
}

/** bfq counts where it schedules, the throttling layer everywhere else. */
function ioV1(read: Read): CgroupStatistics['io'] {
  const entries = (name: string): IoEntry[] => {
    const scheduled = parseThrottleIo(read('blkio', `blkio.bfq.${name}_recursive`) ?? '');
    return scheduled.length > 0 ? scheduled : parseThrottleIo(read('blkio', `blkio.throttle.${name}_recursive`) ?? '');
  };
  return { bytes: entries('io_service_bytes'), operations: entries('io_serviced') };
}

/** A cgroup that is being removed answers ENODEV for some of its files. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENODEV', 'EOPNOTSUPP', 'ENOTSUP'].includes(code)) return undefined;
    throw error;
  }
}
