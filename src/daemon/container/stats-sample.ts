// One sample of a container's statistics in the API's form. Pure; stats.ts gathers what goes into it.
import type { CgroupStatistics } from '../../runtime/cgroup/stats.ts';
import type { BlkioStats, CpuStats, NetworkStats, StatsResponse } from '../../types/stats.ts';
import { ZERO_TIME } from '../clock.ts';

/** The machine's processors at the time of a sample. */
export interface SystemCpu {
  /** Nanoseconds of all processors since the boot, idle ones included. */
  readonly usage: number;
  readonly online: number;
}

export interface Sample {
  /** RFC 3339. */
  readonly read: string;
  readonly cgroup: CgroupStatistics;
  readonly system: SystemCpu;
  readonly networks: Readonly<Record<string, NetworkStats>>;
}

export interface StatsRequest {
  readonly id: string;
  /** Without a slash. */
  readonly name: string;
  readonly sample: Sample | undefined;
  readonly previous: Sample | undefined;
  /** Bytes the machine has: the limit of those that have none. */
  readonly machineMemory: number;
}

/** Zeros for a container that does not run. */
export function formatStats({ id, name, sample, previous, machineMemory }: StatsRequest): StatsResponse {
  const networks = sample?.networks ?? {};
  return {
    name: `/${name}`,
    id,
    read: sample?.read ?? ZERO_TIME,
    preread: previous?.read ?? ZERO_TIME,
    pids_stats: sample === undefined ? {} : pidsStats(sample.cgroup),
    blkio_stats: blkioStats(sample?.cgroup),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpuStats(sample),
    precpu_stats: cpuStats(previous),
    memory_stats: sample === undefined ? {} : memoryStats(sample.cgroup, machineMemory),
    ...(Object.keys(networks).length === 0 ? {} : { networks }),
  };
}

function pidsStats({ pids: { current, limit } }: CgroupStatistics): StatsResponse['pids_stats'] {
  return { current, ...(limit === undefined ? {} : { limit }) };
}

function cpuStats(sample: Sample | undefined): CpuStats {
  const cpu = sample?.cgroup.cpu;
  return {
    cpu_usage: {
      total_usage: cpu?.total ?? 0,
      ...(cpu?.perProcessor === undefined ? {} : { percpu_usage: cpu.perProcessor }),
      usage_in_kernelmode: cpu?.system ?? 0,
      usage_in_usermode: cpu?.user ?? 0,
    },
    ...(sample === undefined ? {} : { system_cpu_usage: sample.system.usage, online_cpus: sample.system.online }),
    throttling_data: {
      periods: cpu?.periods ?? 0,
      throttled_periods: cpu?.throttledPeriods ?? 0,
      throttled_time: cpu?.throttledTime ?? 0,
    },
  };
}

function memoryStats({ memory }: CgroupStatistics, machineMemory: number): StatsResponse['memory_stats'] {
  if (memory === undefined) return {};
  return {
    usage: memory.usage,
    ...(memory.maxUsage === undefined ? {} : { max_usage: memory.maxUsage }),
    stats: memory.stat,
    // Go leaves a zero out.
    ...((memory.failures ?? 0) === 0 ? {} : { failcnt: memory.failures ?? 0 }),
    limit: Math.min(memory.limit ?? machineMemory, machineMemory),
  };
}

function blkioStats(cgroup: CgroupStatistics | undefined): BlkioStats {
  // Of the I/O schedulers that cgroup v1 knew of; v2 has no such thing.
  const none = cgroup?.version === 1 ? [] : null;
  return {
    io_service_bytes_recursive: cgroup?.io.bytes ?? null,
    io_serviced_recursive: cgroup?.version === 1 ? cgroup.io.operations : null,
    ...{ io_queue_recursive: none, io_service_time_recursive: none, io_wait_time_recursive: none },
    ...{ io_merged_recursive: none, io_time_recursive: none, sectors_recursive: none },
  };
}

/** proc_net_dev: everything but the loopback. */
export function parseNetworkDevices(text: string): Record<string, NetworkStats> {
  const lines = [...text.matchAll(/^\s*([^\s:]+):\s*([\d ]+)$/gm)].filter(([, name]) => name !== 'lo');
  return Object.fromEntries(
    lines.map(([, name = '', numbers = '']) => {
      const values = numbers.trim().split(/\s+/).map(Number);
      const at = (index: number): number => values[index] ?? 0;
      return [
        name,
        {
          ...{ rx_bytes: at(0), rx_packets: at(1), rx_errors: at(2), rx_dropped: at(3) },
          ...{ tx_bytes: at(8), tx_packets: at(9), tx_errors: at(10), tx_dropped: at(11) },
        },
      ];
    }),
  );
}

/** proc_stat: the first seven columns of the first line in USER_HZ, as moby adds them; the processors are counted. */
export function parseSystemCpu(text: string): SystemCpu {
  const [first = '', ...rest] = text.split('\n');
  const ticks = first.split(/\s+/).slice(1, 8).map(Number);
  return {
    usage: ticks.reduce((sum, value) => sum + value, 0) * (1e9 / 100),
    online: rest.filter((line) => /^cpu\d/.test(line)).length,
  };
}
