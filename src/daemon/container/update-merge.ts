// An update request laid over a container's present limits, with Docker's rules of what goes together (moby
// container_unix.go, UpdateContainer). Zero and empty are `leave it`. Pure.
import type { UpdateRequest } from '../../types/container.ts';
import type { HostConfig } from '../../types/container-config.ts';
import { TskerError } from '../../util/errors.ts';

/** Throws `conflict`. */
export function mergeLimits(present: HostConfig, request: UpdateRequest): HostConfig {
  checkProcessors(present, request);
  checkMemory(present, request);
  const { RestartPolicy: policy, PublishAdd: _added, PublishRemove: _removed, ...limits } = request;
  const given = Object.entries(limits).filter(([name, value]) => name === 'PidsLimit' || Boolean(value));
  const restarts = policy !== undefined && policy.Name !== '';
  if (restarts && present.AutoRemove && policy.Name !== 'no') {
    refuse('Restart policy cannot be updated because AutoRemove is enabled for the container');
  }
  return { ...present, ...Object.fromEntries(given), ...(restarts ? { RestartPolicy: policy } : {}) };
}

function checkProcessors(present: HostConfig, { NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0 }: UpdateRequest): void {
  if (NanoCpus > 0 && present.CpuPeriod > 0) {
    refuse('Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set');
  }
  if (NanoCpus > 0 && present.CpuQuota > 0) {
    refuse('Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set');
  }
  if (CpuPeriod > 0 && present.NanoCpus > 0) {
    refuse('Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set');
  }
  if (CpuQuota > 0 && present.NanoCpus > 0) {
    refuse('Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set');
  }
}

function checkMemory(present: HostConfig, { Memory = 0, MemorySwap = 0 }: UpdateRequest): void {
  if (MemorySwap === 0 && present.MemorySwap > 0 && Memory > present.MemorySwap) {
    refuse('Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time');
  }
}

function refuse(message: string): never {
  throw new TskerError('conflict', message);
}
