// docker update: limits and restart policy of a container that exists; those of a running one are changed in the kernel
// first and stored when that has succeeded.
import type { NetworkService } from '../../network/network.ts';
import type { LimitSupport } from '../../runtime/cgroup/support.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Resources } from '../../runtime/spec.ts';
import type { UpdateRequest, UpdateResponse } from '../../types/container.ts';
import type { HostConfig } from '../../types/container-config.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';
import { emitContainerEvent } from './event.ts';
import { discardLimits } from './limit-warnings.ts';
import { buildResources, type DeviceNumbers } from './spec/resources.ts';
import { isAlive } from './state.ts';
import type { ContainerStore } from './store.ts';
import { mergeLimits } from './update-merge.ts';
import { updatePorts } from './update-ports.ts';
import { checkRestartPolicy } from './validate.ts';
import { validateResources } from './validate-resources.ts';

export interface UpdateDependencies {
  readonly containers: Pick<ContainerStore, 'update'>;
  readonly runtime: Pick<Runtime, 'update'>;
  readonly network: Pick<NetworkService, 'publish' | 'withdraw' | 'portsSettled'>;
  readonly events: EventSink;
  readonly host: { readonly processors: number; readonly memoryNodes: string; readonly limits: () => LimitSupport };
  readonly specHost: { readonly deviceNumbers: DeviceNumbers };
}

/** Throws invalid for values that cannot be, conflict for those that do not go with what the container has. */
export function updateContainer(
  dependencies: UpdateDependencies,
  container: Container,
  request: UpdateRequest,
): Promise<UpdateResponse> {
  return container.exclusive.run(async () => {
    const { record } = container;
    if (record.state.status === 'removing' || record.state.status === 'dead') {
      throw cannot(container, 'conflict', 'container is marked for removal and cannot be "update"');
    }
    const { hostConfig, warnings } = updatedConfig(dependencies, container, request);
    if (isAlive(record.state.status)) await apply(dependencies, container, { request, hostConfig });
    await dependencies.network.portsSettled();
    const ports = updatePorts(dependencies.network, container, request);
    dependencies.containers.update(container, {
      ...ports,
      hostConfig: { ...hostConfig, ...ports?.hostConfig },
    });
    emitContainerEvent(dependencies.events, container, 'update');
    return { Warnings: warnings.length === 0 ? null : warnings };
  });
}

function updatedConfig({ host }: UpdateDependencies, container: Container, request: UpdateRequest) {
  const present = container.record.hostConfig;
  let merged: HostConfig;
  try {
    merged = mergeLimits(present, request);
  } catch (error) {
    throw cannot(container, 'conflict', error);
  }
  checkRestartPolicy(merged.RestartPolicy);
  validateResources(merged, host);
  return discardLimits(merged, host.limits());
}

async function apply(
  { runtime, specHost }: UpdateDependencies,
  container: Container,
  { request, hostConfig }: { readonly request: UpdateRequest; readonly hostConfig: HostConfig },
): Promise<void> {
  const resources = changedGroups(request, hostConfig, specHost.deviceNumbers);
  if (Object.keys(resources).length === 0) return;
  try {
    await runtime.update(container.id, resources);
  } catch (error) {
    throw cannot(container, 'internal', error);
  }
}

/** Only the groups that the request touches: a limit that a hand has changed in the kernel otherwise stays. */
function changedGroups(request: UpdateRequest, hostConfig: HostConfig, deviceNumbers: DeviceNumbers): Resources {
  const { memory, cpu, blockIO } = buildResources({ hostConfig, devices: [], deviceNumbers });
  const touched = (...fields: (keyof UpdateRequest)[]): boolean => fields.some((field) => Boolean(request[field]));
  const pids = hostConfig.PidsLimit ?? 0;
  return {
    ...(memory !== undefined && touched('Memory', 'MemorySwap', 'MemoryReservation') ? { memory } : {}),
    ...(cpu !== undefined && touched(...CPU_FIELDS) ? { cpu } : {}),
    ...(blockIO?.weight !== undefined && touched('BlkioWeight') ? { blockIO: { weight: blockIO.weight } } : {}),
    ...(request.PidsLimit === undefined ? {} : { pids: { limit: pids > 0 ? pids : -1 } }),
  };
}

const CPU_FIELDS = [
  'NanoCpus',
  'CpuShares',
  'CpuPeriod',
  'CpuQuota',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'CpusetCpus',
  'CpusetMems',
] as const;

function cannot({ id }: Container, code: 'conflict' | 'internal', reason: unknown): TskerError {
  const why = typeof reason === 'string' ? reason : messageOf(reason);
  return new TskerError(code, `Cannot update container ${id}: ${why}`, { cause: reason });
}
