// `events`: statistics of a container, once or again and again, and that the kernel killed for memory in it; a JSON object a
// line, in the form of runc's types/events.go.
import { setTimeout as delay } from 'node:timers/promises';
import { wasOomKilled } from '../runtime/cgroup/control.ts';
import { type CgroupStatistics, readStatistics } from '../runtime/cgroup/stats.ts';
import { TskerError } from '../util/errors.ts';
import { parseDuration } from './arguments.ts';
import { print } from './output.ts';
import { isAlive, statusOf } from './status.ts';
import type { Container } from './store.ts';
import type { Invocation } from './table.ts';

const DEFAULT_INTERVAL = '5s';

export async function events({ session: { store }, options, words }: Invocation): Promise<number> {
  const [id = ''] = words;
  const container = store.read(id);
  const interval = parseDuration(options.text('interval') ?? DEFAULT_INTERVAL) ?? 0;
  if (interval <= 0) throw new TskerError('invalid', 'duration interval must be greater than 0');
  if (statusOf(container, store) === 'stopped') {
    throw new TskerError('conflict', `container with id ${id} is not running`);
  }
  if (options.has('stats')) {
    tellStatistics(container);
    return 0;
  }
  let killed = wasOomKilled(container.cgroups);
  while (isAlive(container)) {
    const now = wasOomKilled(container.cgroups);
    if (now && !killed) print(`${JSON.stringify({ type: 'oom', id })}\n`);
    killed = now;
    tellStatistics(container);
    await delay(interval);
  }
  return 0;
}

function tellStatistics({ id, cgroups }: Container): void {
  print(`${JSON.stringify({ type: 'stats', id, data: toStats(readStatistics(cgroups)) })}\n`);
}

/** What v1 says of "no limit". */
const UNLIMITED = 2 ** 63 - 4096;

/** Pure. */
export function toStats({ cpu, memory, pids, io }: CgroupStatistics): object {
  return {
    cpu: {
      usage: {
        total: cpu.total,
        ...(cpu.perProcessor === undefined ? {} : { percpu: cpu.perProcessor }),
        kernel: cpu.system,
        user: cpu.user,
      },
      throttling:
        cpu.periods === 0
          ? {}
          : { periods: cpu.periods, throttledPeriods: cpu.throttledPeriods, throttledTime: cpu.throttledTime },
    },
    cpuset: {},
    memory: memory === undefined ? {} : memoryStats(memory),
    pids: { current: pids.current, ...(pids.limit === undefined ? {} : { limit: pids.limit }) },
    blkio: {
      ...(io.bytes.length === 0 ? {} : { ioServiceBytesRecursive: io.bytes }),
      ...(io.operations.length === 0 ? {} : { ioServicedRecursive: io.operations }),
    },
    hugetlb: {},
    intel_rdt: {},
    network_interfaces: null,
  };
}

function memoryStats({ usage, maxUsage, failures, limit, stat }: NonNullable<CgroupStatistics['memory']>): object {
  return {
    usage: { limit: limit ?? UNLIMITED, usage, max: maxUsage ?? 0, failcnt: failures ?? 0 },
    swap: { limit: UNLIMITED, usage: stat['swap'] ?? 0, max: 0, failcnt: 0 },
    kernel: { limit: UNLIMITED, failcnt: 0 },
    kernelTCP: { limit: UNLIMITED, failcnt: 0 },
    raw: stat,
  };
}
