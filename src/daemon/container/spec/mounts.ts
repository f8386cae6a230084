// The mounts of a container: Docker's own, the three files that the engine writes, what the user asked for; parents before
// what lies below them. Pure.
import { defaultMounts } from '../../../runtime/default-spec.ts';
import type { Mount } from '../../../runtime/spec.ts';
import type { HostConfig } from '../../../types/container-config.ts';
import type { BindMount, UserMount, VolumeMount } from '../mounts/types.ts';
import { parseSecurityOptions } from './security.ts';

/** Host paths of the files mounted over the image's. */
export interface ContainerFiles {
  readonly hosts: string;
  readonly hostname: string;
  readonly resolvConf: string;
}

export interface MountRequest {
  readonly hostConfig: HostConfig;
  /** The user's; volumes with the path where they are mounted for this run. */
  readonly user: readonly UserMount[];
  readonly files: ContainerFiles;
  /** Host path of a /dev/shm that is shared. */
  readonly sharedMemory?: string | undefined;
}

/** A user's mount replaces Docker's at the same place (`-v /dev/shm:/dev/shm`). */
export function buildMounts({ hostConfig, user, files, sharedMemory }: MountRequest): Mount[] {
  const taken = new Set(user.map(({ destination }) => destination));
  const own = [...dockerMounts(hostConfig, sharedMemory), ...fileMounts(files, hostConfig)];
  const mounts = [...own.filter(({ destination }) => !taken.has(destination)), ...user.map(toMount)];
  return mounts.toSorted((a, b) => depth(a) - depth(b));
}

function dockerMounts(hostConfig: HostConfig, sharedMemory: string | undefined): Mount[] {
  const mounts = defaultMounts({
    shmSize: hostConfig.ShmSize,
    privileged: hostConfig.Privileged,
    writableCgroups: parseSecurityOptions(hostConfig.SecurityOpt).writableCgroups,
    readonlyRoot: hostConfig.ReadonlyRootfs,
    hostIpc: hostConfig.IpcMode === 'host',
  });
  if (sharedMemory !== undefined) return mounts.map((mount) => shareMemory(mount, sharedMemory));
  return hostConfig.IpcMode === 'none' ? mounts.filter(({ destination }) => destination !== '/dev/shm') : mounts;
}

function shareMemory(mount: Mount, source: string): Mount {
  if (mount.destination !== '/dev/shm') return mount;
  return { ...mount, type: 'bind', source, options: ['bind', 'rprivate', 'nosuid', 'noexec', 'nodev'] };
}

function fileMounts(files: ContainerFiles, { ReadonlyRootfs: readonly }: HostConfig): Mount[] {
  const bind = (destination: string, source: string): Mount => ({
    destination,
    type: 'bind',
    source,
    options: ['rbind', 'rprivate', ...(readonly ? ['ro'] : [])],
  });
  return [
    bind('/etc/resolv.conf', files.resolvConf),
    bind('/etc/hostname', files.hostname),
    bind('/etc/hosts', files.hosts),
  ];
}

function toMount(mount: UserMount): Mount {
  if (mount.kind === 'tmpfs') {
    return { destination: mount.destination, type: 'tmpfs', source: 'tmpfs', options: mount.options };
  }
  const options = mount.kind === 'volume' ? volumeOptions(mount) : bindOptions(mount);
  return { destination: mount.destination, type: 'bind', source: mount.source, options };
}

function volumeOptions({ writable }: VolumeMount): string[] {
  return ['rbind', 'rprivate', ...(writable ? [] : ['ro'])];
}

function bindOptions({ recursive, propagation, writable, readonlyBelow }: BindMount): string[] {
  const access = writable ? [] : [readonlyBelow && recursive ? 'rro' : 'ro'];
  return [recursive ? 'rbind' : 'bind', propagation, ...access];
}

/** Components of the destination: a stable sort by it puts parents first (moby, volume/mounts sort). */
function depth({ destination }: Mount): number {
  return destination.split('/').filter((part) => part !== '').length;
}

/** What the container's root has to share with the host: the strongest propagation of its binds. */
export function rootPropagation(user: readonly UserMount[]): string | undefined {
  const binds = user.filter((mount) => mount.kind === 'bind');
  if (binds.some(({ propagation }) => /^r?shared$/.test(propagation))) return 'shared';
  return binds.some(({ propagation }) => /^r?slave$/.test(propagation)) ? 'rslave' : undefined;
}
