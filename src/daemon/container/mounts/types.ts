// What a user can have mounted in a container, as the engine keeps it. Types, and the form that inspect shows. Pure.

import type { MountPoint } from '../../../types/container.ts';
import { LOCAL_DRIVER, type Texts } from '../../../volume/volume.ts';

export interface BindMount {
  readonly kind: 'bind';
  readonly source: string;
  readonly destination: string;
  /** As the user wrote the options. */
  readonly mode: string;
  readonly writable: boolean;
  readonly propagation: string;
  readonly recursive: boolean;
  /** Read-only below as well: the default of read-only binds where the kernel can do it. */
  readonly readonlyBelow: boolean;
  /** A missing source becomes a directory (-v) or is an error (--mount). */
  readonly createSource: boolean;
}

export interface TmpfsMount {
  readonly kind: 'tmpfs';
  readonly destination: string;
  readonly options: readonly string[];
  /** Of --mount: inspect shows it, and --volumes-from takes it. Those of --tmpfs are in HostConfig alone, as in Docker. */
  readonly listed?: boolean;
}

export interface VolumeMount {
  readonly kind: 'volume';
  /** '' until it is made up. */
  readonly name: string;
  /** '': the volume's own, or the local one. */
  readonly driver: string;
  /** Where the driver shows it on the host; '' until it is made, or mounted. */
  readonly source: string;
  readonly destination: string;
  readonly mode: string;
  readonly writable: boolean;
  /** What the image has at the destination is the first content of an empty volume. */
  readonly copy: boolean;
  /** A directory or file in it, instead of all of it. */
  readonly subpath?: string;
  /** It has no name of the user's, and goes with `rm -v` and `--rm`. */
  readonly anonymous: boolean;
}

export type UserMount = BindMount | TmpfsMount | VolumeMount;

/** A volume that is still to be found or made. */
export type WantedVolume = VolumeMount & { readonly options: Texts | null; readonly labels: Texts | null };

export type WantedMount = BindMount | TmpfsMount | WantedVolume;

export function isVolume<T extends { readonly kind: string }>(mount: T): mount is Extract<T, { kind: 'volume' }> {
  return mount.kind === 'volume';
}

/** As inspect and list show it. A tmpfs of --tmpfs is no mount point there, as in Docker. */
export function toMountPoints(mounts: readonly UserMount[]): MountPoint[] {
  return mounts.flatMap((mount) => toMountPoint(mount) ?? []);
}

function toMountPoint(mount: UserMount): MountPoint | undefined {
  const { destination: Destination } = mount;
  if (mount.kind === 'tmpfs') {
    if (mount.listed !== true) return undefined;
    return { Type: 'tmpfs', Source: '', Destination, Mode: '', RW: !mount.options.includes('ro'), Propagation: '' };
  }
  const { source: Source, mode: Mode, writable: RW } = mount;
  if (mount.kind === 'bind') {
    return { Type: 'bind', Source, Destination, Mode, RW, Propagation: mount.propagation };
  }
  const { name: Name, driver } = mount;
  return { Type: 'volume', Name, Source, Destination, Driver: driver || LOCAL_DRIVER, Mode, RW, Propagation: '' };
}
