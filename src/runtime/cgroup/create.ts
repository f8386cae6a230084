// The operations that make a container's cgroups, set their limits, join and remove them. Pure; which files exist is
// asked through HasFile.
import { ERRNO } from '../../native/errno.ts';
import type { Op } from '../../native/ops.ts';
import type { Resources } from '../spec.ts';
import { deviceProgram } from './device-program.ts';
import { foldDeviceRules, formatDevice } from './device-rules.ts';
import type { CpusetValues } from './parents.ts';
import { type CgroupDirectory, type ContainerCgroups, directoryOf } from './paths.ts';
import { v1Writes } from './v1.ts';
import { v2Writes } from './v2.ts';
import type { CgroupWrite, HasFile, ResourceWrites } from './write.ts';

/** How long the undo waits for killed processes to go: an uninterruptible sleep can outlast it. */
const KILL_TIMEOUT_MS = 5_000;
const DIRECTORY_MODE = 0o755;

export interface CgroupOps {
  /** Make the directories; v2 needs them before the spawn (CLONE_INTO_CGROUP). */
  readonly make: readonly Op[];
  /** Set the limits. */
  readonly limit: readonly Op[];
  /** v1: the calling process joins. v2: empty, it was born there. */
  readonly join: readonly Op[];
  readonly warnings: readonly string[];
}

export interface CgroupRequest {
  readonly cgroups: ContainerCgroups;
  readonly resources: Resources | undefined;
  readonly has: HasFile;
  /** v1 without clone_children: what the new cpuset starts from. */
  readonly cpuset: CpusetValues | undefined;
}

/** Operations for a new container. */
export function cgroupOps({ cgroups, resources, has, cpuset }: CgroupRequest): CgroupOps {
  const { writes: wanted, warnings } = resourceWrites(cgroups, resources ?? {}, has);
  const writes = [...cpusetWrites(cpuset), ...wanted];
  const limit = writes.flatMap(({ controller, file, value }): Op[] => {
    const directory = directoryOf(cgroups, controller);
    return directory === undefined ? [] : [{ op: 'WRITE', path: `${directory.path}/${file}`, data: value }];
  });
  return {
    make: cgroups.directories.map(({ path }) => ({ op: 'MKDIR', path, mode: DIRECTORY_MODE, tolerate: ERRNO.EEXIST })),
    limit: [...limit, ...deviceOps(cgroups, resources ?? {})],
    join: joinOps(cgroups),
    warnings,
  };
}

function cpusetWrites(cpuset: CpusetValues | undefined): CgroupWrite[] {
  if (cpuset === undefined) return [];
  return [
    { controller: 'cpuset', file: 'cpuset.cpus', value: cpuset.cpus },
    { controller: 'cpuset', file: 'cpuset.mems', value: cpuset.mems },
  ];
}

/** The writes for limits, whatever the version. */
export function resourceWrites(cgroups: ContainerCgroups, resources: Resources, has: HasFile): ResourceWrites {
  return cgroups.version === 2 ? v2Writes(resources, has) : v1Writes(resources, has);
}

function deviceOps(cgroups: ContainerCgroups, resources: Resources): Op[] {
  if (resources.devices === undefined) return [];
  const policy = foldDeviceRules(resources.devices);
  const directory = directoryOf(cgroups, 'devices');
  if (directory === undefined || (policy.allowByDefault && policy.exceptions.length === 0)) return [];
  if (cgroups.version === 2) return [{ op: 'BPF_DEVICE', path: directory.path, program: deviceProgram(policy) }];
  const exceptions = policy.allowByDefault ? 'devices.deny' : 'devices.allow';
  const write = (file: string, data: string): Op => ({ op: 'WRITE', path: `${directory.path}/${file}`, data });
  return [
    write(policy.allowByDefault ? 'devices.allow' : 'devices.deny', 'a'),
    ...policy.exceptions.map((exception) => write(exceptions, formatDevice(exception))),
  ];
}

/**
 * v1: a process that writes 0 to `tasks` moves itself alone, which spares the kernel its global lock; writing another
 * pid to cgroup.procs took 7 to 10 ms (p95).
 */
function joinOps(cgroups: ContainerCgroups): Op[] {
  if (cgroups.version === 2) return [];
  return cgroups.directories.map(({ path }) => ({ op: 'WRITE', path: `${path}/tasks`, data: '0' }));
}

/** Moves another process in, for a user namespace whose own root may not write these files. */
export function moveOps(cgroups: ContainerCgroups, pid: number): Op[] {
  if (cgroups.version === 2) return [];
  return cgroups.directories.map(({ path }) => ({ op: 'WRITE', path: `${path}/cgroup.procs`, data: String(pid) }));
}

/** Kills what is left and removes the directories; missing ones are success. */
export function undoOps(cgroups: ContainerCgroups): Op[] {
  const killed = directoryOf(cgroups, 'pids') ?? cgroups.directories[0];
  const freezer = cgroups.version === 1 ? directoryOf(cgroups, 'freezer') : undefined;
  // A process that is frozen by v1 does not die of SIGKILL before it is thawed.
  const thaw: Op[] =
    freezer === undefined
      ? []
      : [{ op: 'WRITE', path: `${freezer.path}/freezer.state`, data: 'THAWED', tolerate: ERRNO.ENOENT }];
  const kill: Op[] =
    killed === undefined
      ? []
      : [{ op: 'CGROUP_KILL', path: killed.path, timeout: KILL_TIMEOUT_MS, tolerate: ERRNO.ENOENT }];
  return [...thaw, ...kill, ...cgroups.directories.map(removeOp)];
}

function removeOp({ path }: CgroupDirectory): Op {
  return { op: 'CGROUP_REMOVE', path, tolerate: ERRNO.ENOENT };
}
