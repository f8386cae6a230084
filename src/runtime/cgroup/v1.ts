// OCI resources as writes to the files of a new v1 cgroup (Documentation/admin-guide/cgroup-v1/). Devices are elsewhere
// (device-rules.ts). Pure.
import type { Resources, Throttle } from '../spec.ts';
import { type HasFile, orMax, type ResourceWrites, WriteList } from './write.ts';

/** In the order in which the kernel accepts them in a fresh cgroup. */
export function v1Writes(resources: Resources, has: HasFile): ResourceWrites {
  const list = new WriteList(has);
  addMemory(list, resources);
  addCpu(list, resources);
  list.add('pids', 'pids.max', orMax(resources.pids?.limit));
  addBlockIo(list, resources);
  return list;
}

function addMemory(list: WriteList, { memory }: Resources): void {
  if (memory === undefined) return;
  // memory+swap may never be below memory, and starts unlimited: memory first.
  list.add('memory', 'memory.limit_in_bytes', memory.limit);
  list.add('memory', 'memory.memsw.limit_in_bytes', memory.swap);
  list.add('memory', 'memory.soft_limit_in_bytes', memory.reservation);
  // 0 is a wish here (never swap), -1 is Docker's "not set".
  if (memory.swappiness !== undefined && memory.swappiness >= 0) {
    list.add('memory', 'memory.swappiness', String(memory.swappiness));
  }
  if (memory.disableOOMKiller === true) list.add('memory', 'memory.oom_control', '1');
}

function addCpu(list: WriteList, { cpu }: Resources): void {
  if (cpu === undefined) return;
  list.add('cpu', 'cpu.shares', cpu.shares);
  // The quota is checked against the period: period first.
  list.add('cpu', 'cpu.cfs_period_us', cpu.period);
  list.add('cpu', 'cpu.cfs_quota_us', cpu.quota);
  list.add('cpu', 'cpu.rt_period_us', cpu.realtimePeriod);
  list.add('cpu', 'cpu.rt_runtime_us', cpu.realtimeRuntime);
  list.add('cpuset', 'cpuset.cpus', cpu.cpus);
  list.add('cpuset', 'cpuset.mems', cpu.mems);
}

function addBlockIo(list: WriteList, { blockIO }: Resources): void {
  if (blockIO === undefined) return;
  const bfq = !list.has('blkio', 'blkio.weight') && list.has('blkio', 'blkio.bfq.weight');
  list.add('blkio', bfq ? 'blkio.bfq.weight' : 'blkio.weight', blockIO.weight);
  for (const { major, minor, weight } of blockIO.weightDevice ?? []) {
    list.add('blkio', bfq ? 'blkio.bfq.weight_device' : 'blkio.weight_device', `${major}:${minor} ${weight}`);
  }
  addThrottles(list, 'blkio.throttle.read_bps_device', blockIO.throttleReadBpsDevice);
  addThrottles(list, 'blkio.throttle.write_bps_device', blockIO.throttleWriteBpsDevice);
  addThrottles(list, 'blkio.throttle.read_iops_device', blockIO.throttleReadIOPSDevice);
  addThrottles(list, 'blkio.throttle.write_iops_device', blockIO.throttleWriteIOPSDevice);
}

function addThrottles(list: WriteList, file: string, throttles: readonly Throttle[] = []): void {
  for (const { major, minor, rate } of throttles) list.add('blkio', file, `${major}:${minor} ${rate}`);
}
