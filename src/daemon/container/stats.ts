// docker stats: what a container uses, once or every second until the client goes. Each reader samples for itself; nothing
// is collected for a container that nobody asks about.
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StatsOptions, StatsReading } from '../../api/container/backend.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { NetworkStats, StatsResponse } from '../../types/stats.ts';
import { type Clock, formatTime } from '../clock.ts';
import type { Container } from './container.ts';
import { isAlive } from './state.ts';
import { formatStats, parseNetworkDevices, parseSystemCpu, type Sample } from './stats-sample.ts';
import type { ContainerStore } from './store.ts';

export interface StatsDependencies {
  readonly runtime: Pick<Runtime, 'statistics'>;
  readonly containers: Pick<ContainerStore, 'get'>;
  readonly clock: Clock;
}

/** Milliseconds between two samples. */
const INTERVAL = 1000;

/** A stream ends when the container is removed. Without one: a second sample after a second, unless `oneShot`. */
export function readStats(dependencies: StatsDependencies, container: Container, options: StatsOptions): StatsReading {
  return { read: (signal) => readSamples(dependencies, container, { ...options, signal }) };
}

async function* readSamples(
  dependencies: StatsDependencies,
  container: Container,
  { stream, oneShot, signal }: StatsOptions & { readonly signal: AbortSignal },
): AsyncGenerator<StatsResponse> {
  let previous: Sample | undefined;
  // Without a stream the first sample is only what the second is compared with.
  let silent = !stream && !oneShot && isAlive(container.record.state.status);
  while (!signal.aborted && dependencies.containers.get(container.id) !== undefined) {
    const sample = takeSample(dependencies, container);
    if (!silent) yield toStats(container, sample, previous);
    if (!stream && !silent) return;
    silent = false;
    previous = sample;
    await sleep(INTERVAL, undefined, { signal }).catch(() => undefined);
  }
}

function toStats({ record }: Container, sample: Sample | undefined, previous: Sample | undefined): StatsResponse {
  return formatStats({ id: record.id, name: record.name, sample, previous, machineMemory: totalmem() });
}

/** Undefined when it does not run. */
function takeSample({ runtime, clock }: StatsDependencies, { id, record }: Container): Sample | undefined {
  const { status, pid } = record.state;
  if (!isAlive(status)) return undefined;
  return {
    read: formatTime(clock()),
    cgroup: runtime.statistics(id),
    system: parseSystemCpu(readFileSync('/proc/stat', 'utf8')),
    // The host's own interfaces are nobody's.
    networks: record.hostConfig.NetworkMode === 'host' ? {} : readNetworks(pid),
  };
}

function readNetworks(pid: number): Record<string, NetworkStats> {
  try {
    return parseNetworkDevices(readFileSync(`/proc/${pid}/net/dev`, 'utf8'));
  } catch (error) {
    // It has just ended.
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ESRCH', 'EINVAL'].includes(code)) return {};
    throw error;
  }
}
