// One sample of statistics as the fields that tables and templates name, by Docker's formulas (docker/cli,
// stats_helpers.go). Pure.
import type { CpuStats, StatsResponse } from '../../types/stats.ts';
import { binarySize, humanSize, shortId } from './human.ts';

export const STATS_HEADERS: Readonly<Record<string, string>> = {
  Container: 'CONTAINER',
  ID: 'CONTAINER ID',
  Name: 'NAME',
  CPUPerc: 'CPU %',
  MemUsage: 'MEM USAGE / LIMIT',
  MemPerc: 'MEM %',
  NetIO: 'NET I/O',
  BlockIO: 'BLOCK I/O',
  PIDs: 'PIDS',
};

export interface StatsRowOptions {
  /** As the user named it. */
  readonly container: string;
  readonly noTrunc: boolean;
}

/** Dashes for a sample that has not come yet. */
export function statsRow(
  sample: StatsResponse | undefined,
  options: StatsRowOptions,
): Readonly<Record<string, string>> {
  const { container, noTrunc } = options;
  if (sample === undefined) {
    const none = { BlockIO: '-- / --', CPUPerc: '--', Container: container, ID: '--' };
    return { ...none, MemPerc: '--', MemUsage: '-- / --', Name: '--', NetIO: '--', PIDs: '--' };
  }
  const { memory_stats: memory } = sample;
  const used = memoryUsed(memory.usage ?? 0, memory.stats ?? {});
  const limit = memory.limit ?? 0;
  const networks = Object.values(sample.networks ?? {});
  const received = networks.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0);
  const sent = networks.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0);
  return {
    BlockIO: `${humanSize(blockBytes(sample, 'r'), 3)} / ${humanSize(blockBytes(sample, 'w'), 3)}`,
    CPUPerc: `${cpuPercentage(sample.cpu_stats, sample.precpu_stats).toFixed(2)}%`,
    Container: container,
    ID: noTrunc ? sample.id : shortId(sample.id),
    MemPerc: `${(limit === 0 ? 0 : (used / limit) * 100).toFixed(2)}%`,
    MemUsage: `${binarySize(used)} / ${binarySize(limit)}`,
    Name: sample.name.replace(/^\//, ''),
    NetIO: `${humanSize(received, 3)} / ${humanSize(sent, 3)}`,
    PIDs: String(sample.pids_stats.current ?? 0),
  };
}

/** Of one processor: two busy ones are 200 %. */
export function cpuPercentage(now: CpuStats, before: CpuStats): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const system = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const processors = now.online_cpus ?? now.cpu_usage.percpu_usage?.length ?? 0;
  return used > 0 && system > 0 ? (used / system) * processors * 100 : 0;
}

/** Without the page cache that is not in use: v1 has the sum of the whole tree under another name. */
function memoryUsed(usage: number, stats: Readonly<Record<string, number>>): number {
  const inactive = stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0;
  return inactive < usage ? usage - inactive : usage;
}

function blockBytes({ blkio_stats: { io_service_bytes_recursive: entries } }: StatsResponse, letter: string): number {
  return (entries ?? []).filter(({ op }) => op[0]?.toLowerCase() === letter).reduce((sum, { value }) => sum + value, 0);
}
