// tsker peek: a container that is being started step by step, as the kernel sees it between two operations of its plan.
import { readlinkSync } from 'node:fs';
import type { Peek } from '../../types/xray.ts';
import { TskerError } from '../../util/errors.ts';
import type { Container } from '../container/container.ts';
import type { ContainerStore } from '../container/store.ts';
import type { SteppedStarts } from '../explain/stepped-starts.ts';
import { readHostname } from './hostname.ts';
import { readSharedNamespaces } from './namespaces.ts';
import { readCgroupLines } from './read.ts';
import { neighboursOf, readMounts, readPrivileges } from './xray.ts';

export interface PeekDependencies {
  readonly containers: Pick<ContainerStore, 'list'>;
  readonly stepped: SteppedStarts;
}

/** Throws conflict when it does not wait at a step. */
export function peekAtContainer({ containers, stepped }: PeekDependencies, container: Container): Peek {
  const { id, record } = container;
  const { standing } = stepped.of(id, record.name);
  const next = standing?.plan[standing.next];
  if (standing === undefined || next === undefined) {
    throw new TskerError('conflict', `the start of container ${record.name} does not wait for a step at the moment`);
  }
  const { pid, plan } = standing;
  const last = plan[standing.next - 1];
  return {
    ...{ id, name: record.name, pid, time: new Date().toISOString() },
    ...{ done: standing.next, count: plan.length, next },
    ...(last === undefined ? {} : { last }),
    namespaces: readSharedNamespaces(pid, neighboursOf(containers, id)),
    cgroups: readCgroupLines(pid).map(({ controllers, path }) => ({ hierarchy: controllers || 'unified', path })),
    root: readlinkSync(`/proc/${pid}/root`),
    cwd: readlinkSync(`/proc/${pid}/cwd`),
    hostname: readHostname(standing),
    mounts: readMounts(pid),
    privileges: readPrivileges(pid),
  };
}
