// What --userns-remap means for one container: its maps, and where the engine's own files are found with the owners it sees.
// A container that was made with --userns=host has none of it.
import { isAbsolute, join, relative } from 'node:path';
import type { RootfsMount } from '../../graphdriver/driver.ts';
import type { IdMaps, IdRange } from '../../native/archive-requests.ts';
import { hostId } from '../../runtime/inprocess/userns.ts';
import type { IdMapping } from '../../runtime/spec.ts';
import type { HostConfig } from '../../types/container-config.ts';
import type { RemapMaps } from './remap.ts';

export interface Remapped extends RemapMaps {
  /** The same maps for archives. */
  readonly ids: IdMaps;
  /** The host's ids of the container's root. */
  readonly root: { readonly uid: number; readonly gid: number };
  /** A path below the data root, as it is to be mounted in the container; others are as they are. */
  path(path: string): string;
  rootfs(rootfs: RootfsMount): RootfsMount;
}

export interface UserNamespaces {
  readonly enabled: boolean;
  /** Undefined: the container has the host's. */
  of(hostConfig: Pick<HostConfig, 'UsernsMode'>): Remapped | undefined;
}

export const NO_USER_NAMESPACES: UserNamespaces = { enabled: false, of: () => undefined };

export interface UserNamespacesRequest {
  readonly maps: RemapMaps;
  readonly dataRoot: string;
  /** Where mountMappedRoot shows it. */
  readonly mappedRoot: string;
}

export function userNamespaces({ maps, dataRoot, mappedRoot }: UserNamespacesRequest): UserNamespaces {
  const path = (one: string): string => {
    const below = relative(dataRoot, one);
    return below.startsWith('..') || isAbsolute(below) ? one : join(mappedRoot, below);
  };
  const root = { uid: hostId(maps.uidMappings, 0) ?? 0, gid: hostId(maps.gidMappings, 0) ?? 0 };
  const remapped: Remapped = {
    ...maps,
    ids: { users: maps.uidMappings.map(toRange), groups: maps.gidMappings.map(toRange) },
    root,
    path,
    rootfs: (rootfs) => ({ ...mapRootfs(rootfs, path), owner: root }),
  };
  return { enabled: true, of: ({ UsernsMode }) => (UsernsMode === 'host' ? undefined : remapped) };
}

/** Overlay's layers are relative to its directory; a driver of whole trees has one path. */
function mapRootfs(rootfs: RootfsMount, path: (one: string) => string): RootfsMount {
  const source = rootfs.type === 'bind' ? path(rootfs.source) : rootfs.source;
  return { ...rootfs, source, ...(rootfs.cwd === undefined ? {} : { cwd: path(rootfs.cwd) }) };
}

function toRange({ containerID, hostID, size }: IdMapping): IdRange {
  return { inside: containerID, outside: hostID, count: size };
}
