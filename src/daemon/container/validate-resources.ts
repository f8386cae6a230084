// What limits may be (moby daemon_unix.go, verifyPlatformContainerResources), in Docker's words. Pure.
import type { HostConfig } from '../../types/container-config.ts';
import { TskerError } from '../../util/errors.ts';

export interface ResourceHost {
  /** Processors this machine has. */
  readonly processors: number;
  /** Its memory nodes as the kernel lists them, `0-1,3`. */
  readonly memoryNodes: string;
}

const MEGABYTE = 1024 * 1024;
const MEMORY_MIN = 6 * MEGABYTE;

/** Throws `invalid`. */
export function validateResources(host: HostConfig, { processors, memoryNodes }: ResourceHost): void {
  checkMemory(host);
  checkCpu(host, processors);
  if (host.BlkioWeight > 0 && (host.BlkioWeight < 10 || host.BlkioWeight > 1000)) {
    refuse('Range of blkio weight is from 10 to 1000');
  }
  if (host.OomScoreAdj < -1000 || host.OomScoreAdj > 1000) {
    refuse(`Invalid value ${host.OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  }
  if (host.ShmSize < 0) refuse('SHM size can not be less than 0');
  checkCpuset(host.CpusetCpus, { kind: 'cpus', what: 'CPUs', available: `0-${processors - 1}` });
  checkCpuset(host.CpusetMems, { kind: 'mems', what: 'memory nodes', available: memoryNodes });
}

function checkMemory(host: HostConfig): void {
  const { Memory: memory, MemorySwap: swap, MemoryReservation: reservation } = host;
  if (memory < 0 || (memory > 0 && memory < MEMORY_MIN)) refuse('Minimum memory limit allowed is 6MB');
  if (memory > 0 && swap > 0 && swap < memory) {
    refuse('Minimum memoryswap limit should be larger than memory limit, see usage');
  }
  if (memory === 0 && swap > 0) refuse('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (reservation < 0 || (reservation > 0 && reservation < MEMORY_MIN)) {
    refuse('Minimum memory reservation allowed is 6MB');
  }
  if (memory > 0 && reservation > 0 && memory < reservation) {
    refuse('Minimum memory limit can not be less than memory reservation limit, see usage');
  }
  const swappiness = host.MemorySwappiness ?? -1;
  if (swappiness < -1 || swappiness > 100) {
    refuse(`Invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
  }
}

function checkCpu(host: HostConfig, processors: number): void {
  const { NanoCpus: nano, CpuPeriod: period, CpuQuota: quota } = host;
  if (nano > 0 && period > 0) refuse('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (nano > 0 && quota > 0) refuse('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  // Below a hundredth of a processor the kernel takes no quota.
  if (nano !== 0 && (nano < 1e7 || nano > processors * 1e9)) {
    refuse(`range of CPUs is from 0.01 to ${processors.toFixed(2)}, as there are only ${processors} CPUs available`);
  }
  if (period !== 0 && (period < 1000 || period > 1_000_000)) {
    refuse('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  }
  if (quota > 0 && quota < 1000) refuse('CPU cfs quota can not be less than 1ms (i.e. 1000)');
  if (host.CpuShares < 0) refuse(`invalid CPU shares (${host.CpuShares}): value must be a positive integer`);
}

interface Cpuset {
  readonly kind: 'cpus' | 'mems';
  /** In the message. */
  readonly what: string;
  /** A list of the same form. */
  readonly available: string;
}

function checkCpuset(text: string, { kind, what, available }: Cpuset): void {
  if (text === '') return;
  if (!/^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/.test(text))
    refuse(`Invalid value ${text} for cpuset ${kind}: invalid format: ${text}`);
  const known = rangesOf(available);
  const isThere = (one: number): boolean => known.some(([first, last]) => one >= first && one <= last);
  if (!rangesOf(text).every(([first, last]) => isThere(first) && isThere(last))) {
    refuse(`Requested ${what} are not available - requested ${text}, available: ${available}`);
  }
}

function rangesOf(list: string): [first: number, last: number][] {
  return list.split(',').map((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return [first, last];
  });
}

function refuse(message: string): never {
  throw new TskerError('invalid', message);
}
