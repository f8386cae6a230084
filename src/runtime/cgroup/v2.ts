// OCI resources, which speak v1, as writes to the files of a new v2 cgroup (admin-guide/cgroup-v2.rst). Devices are a BPF
// program there (device-program.ts). Pure.
import type { Resources, Throttle } from '../spec.ts';
import { type HasFile, orMax, type ResourceWrites, WriteList } from './write.ts';

export function v2Writes(resources: Resources, has: HasFile): ResourceWrites {
  const list = new WriteList(has);
  addMemory(list, resources);
  addCpu(list, resources);
  list.add('pids', 'pids.max', orMax(resources.pids?.limit));
  addBlockIo(list, resources);
  return list;
}

function addMemory(list: WriteList, { memory }: Resources): void {
  if (memory === undefined) return;
  list.add('memory', 'memory.max', orMax(memory.limit));
  list.add('memory', 'memory.swap.max', swapMax(memory));
  list.add('memory', 'memory.low', orMax(memory.reservation));
}

/** v1 limits memory and swap together, v2 swap alone: equal means no swap at all. */
function swapMax(memory: NonNullable<Resources['memory']>): string | undefined {
  const { swap, limit } = memory;
  if (swap === undefined || swap === 0) return undefined;
  if (swap < 0) return 'max';
  return String(Math.max(0, swap - (limit ?? 0)));
}

function addCpu(list: WriteList, { cpu }: Resources): void {
  if (cpu === undefined) return;
  if (cpu.shares !== undefined && cpu.shares > 0) list.add('cpu', 'cpu.weight', cpuWeight(cpu.shares));
  if ((cpu.quota ?? 0) !== 0 || (cpu.period ?? 0) !== 0) {
    const quota = cpu.quota !== undefined && cpu.quota > 0 ? cpu.quota : 'max';
    list.add('cpu', 'cpu.max', `${quota} ${cpu.period || 100_000}`);
  }
  list.add('cpuset', 'cpuset.cpus', cpu.cpus);
  list.add('cpuset', 'cpuset.mems', cpu.mems);
}

/**
 * cpu.shares (2…262144, default 1024) to cpu.weight (1…10000, default 100). The curve of runc 1.3.2 and crun 1.23, which
 * maps minimum, default and maximum onto each other; the earlier straight line gave the default share a weight of 39,
 * so that every container lost against the host's own services.
 */
export function cpuWeight(shares: number): number {
  if (shares <= 2) return 1;
  if (shares >= 262_144) return 10_000;
  const log = Math.log2(shares);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}

/** blkio.weight (10…1000) to io.weight (1…10000). */
export function ioWeight(weight: number): number {
  return 1 + Math.floor(((weight - 10) * 9999) / 990);
}

function addBlockIo(list: WriteList, { blockIO }: Resources): void {
  if (blockIO === undefined) return;
  const { weight } = blockIO;
  // bfq kept v1's range; io.weight (io.cost) did not.
  const bfq = list.has('io', 'io.bfq.weight');
  const convert = (value: number): number => (bfq ? value : ioWeight(value));
  const file = bfq ? 'io.bfq.weight' : 'io.weight';
  if (weight !== undefined && weight > 0) list.add('io', file, convert(weight));
  for (const one of blockIO.weightDevice ?? [])
    list.add('io', file, `${one.major}:${one.minor} ${convert(one.weight)}`);
  addThrottles(list, 'rbps', blockIO.throttleReadBpsDevice);
  addThrottles(list, 'wbps', blockIO.throttleWriteBpsDevice);
  addThrottles(list, 'riops', blockIO.throttleReadIOPSDevice);
  addThrottles(list, 'wiops', blockIO.throttleWriteIOPSDevice);
}

function addThrottles(list: WriteList, key: string, throttles: readonly Throttle[] = []): void {
  for (const { major, minor, rate } of throttles) list.add('io', 'io.max', `${major}:${minor} ${key}=${rate}`);
}
