// tsker xray: what the kernel sees of a running container at this moment, put together from the files beside.
import type { LayerStore } from '../../layer/store.types.ts';
import type { Native } from '../../native/native.ts';
import { detectCgroupLayout } from '../../runtime/cgroup/layout.ts';
import type { Xray, XrayMount, XrayPrivileges } from '../../types/xray.ts';
import { TskerError } from '../../util/errors.ts';
import type { Container } from '../container/container.ts';
import { requireRunning } from '../container/state.ts';
import type { ContainerStore } from '../container/store.ts';
import { readCgroups } from './cgroups.ts';
import { type NamespaceNeighbour, readSharedNamespaces } from './namespaces.ts';
import { readNetwork } from './network.ts';
import { processTree } from './processes.ts';
import { readCgroupLines, readFamily, readProc } from './read.ts';
import { readRoot } from './root.ts';
import { parseMounts, parsePrivileges } from './status.ts';

export interface XrayDependencies {
  readonly native: Native;
  readonly containers: Pick<ContainerStore, 'list'>;
  readonly layers: Pick<LayerStore, 'containerLayer' | 'containerChanges'>;
}

/** Throws conflict when it does not run. */
export async function xrayContainer(dependencies: XrayDependencies, container: Container): Promise<Xray> {
  const { native, containers, layers } = dependencies;
  const { id, record } = container;
  requireRunning(id, record.state.status);
  const { pid } = record.state;
  const namespaces = readSharedNamespaces(pid, neighboursOf(containers, id));
  const isHost = (type: string): boolean => namespaces.some((one) => one.type === type && one.host);
  const mounts = readMounts(pid);
  return {
    ...{ id, name: record.name, pid, time: new Date().toISOString() },
    processes: processTree({ sights: readFamily(pid), first: pid, daemon: process.pid, hasPids: !isHost('pid') }),
    namespaces,
    cgroups: readCgroups(readCgroupLines(pid), detectCgroupLayout()),
    root: await readRoot(layers, id, mounts),
    mounts,
    privileges: readPrivileges(pid),
    network: await readNetwork(native, pid, isHost('net')),
  };
}

/** Other containers that run. */
export function neighboursOf(containers: Pick<ContainerStore, 'list'>, id: string): NamespaceNeighbour[] {
  return containers
    .list()
    .filter((one) => one.id !== id && one.record.state.pid > 0)
    .map(({ record }) => ({ name: record.name, pid: record.state.pid }));
}

export function readMounts(pid: number): XrayMount[] {
  return parseMounts(present(pid, 'mountinfo'));
}

export function readPrivileges(pid: number): XrayPrivileges {
  const label = readProc(pid, 'attr/current')?.replace(/\0?\n?$/, '');
  return parsePrivileges({
    status: present(pid, 'status'),
    uidMap: present(pid, 'uid_map'),
    gidMap: present(pid, 'gid_map'),
    label: label === '' ? undefined : label,
  });
}

/** Throws conflict when the process has just ended. */
function present(pid: number, file: string): string {
  const text = readProc(pid, file);
  if (text === undefined) throw new TskerError('conflict', `process ${pid} has ended while it was looked at`);
  return text;
}
