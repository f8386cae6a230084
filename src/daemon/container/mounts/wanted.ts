// Which mounts a new container is to have: those of other containers, under those that the user named, and volumes where the
// image or -v /path want one and nothing else is mounted (moby daemon/volumes.go, registerMountPoints). Pure but for the
// containers it is given a way to find.
import type { ContainerConfig, HostConfig } from '../../../types/container-config.ts';
import { messageOf, TskerError } from '../../../util/errors.ts';
import { checkMode, parseUserMounts } from '../binds.ts';
import { checkTarget, PROPAGATIONS } from './target.ts';
import type { UserMount, WantedMount, WantedVolume } from './types.ts';

export interface WantedRequest {
  readonly config: Pick<ContainerConfig, 'Volumes'>;
  readonly hostConfig: Pick<HostConfig, 'Binds' | 'Mounts' | 'Tmpfs' | 'VolumesFrom' | 'VolumeDriver'>;
  /** The mounts of another container; throws not_found. */
  readonly mountsOf: (container: string) => readonly UserMount[];
}

/** One for each place. Throws `invalid` with Docker's message. */
export function wantedMounts({ config, hostConfig, mountsOf }: WantedRequest): WantedMount[] {
  const mounts = new Map<string, WantedMount>();
  const add = (mount: WantedMount): void => void mounts.set(mount.destination, mount);
  for (const spec of hostConfig.VolumesFrom ?? []) inherited(spec, mountsOf).forEach(add);
  parseUserMounts(hostConfig).forEach(add);
  for (const path of Object.keys(config.Volumes ?? {})) {
    const destination = checkTarget(path, '', 'volume');
    if (!mounts.has(destination)) add(anonymousVolume(destination, hostConfig.VolumeDriver));
  }
  return [...mounts.values()];
}

function anonymousVolume(destination: string, driver: string): WantedVolume {
  const wish = { name: '', driver, options: null, labels: null, anonymous: true };
  return { kind: 'volume', ...wish, source: '', destination, mode: '', writable: true, copy: true };
}

/** `container[:mode]` of --volumes-from. */
function inherited(spec: string, mountsOf: WantedRequest['mountsOf']): WantedMount[] {
  if (spec === '') throw new TskerError('invalid', 'volumes-from specification cannot be an empty string');
  const colon = spec.indexOf(':');
  const mode = colon < 0 ? 'rw' : spec.slice(colon + 1);
  const words = mode.split(',');
  checkMode(words, mode);
  if (words.some((word) => word === 'nocopy' || PROPAGATIONS.includes(word))) {
    throw new TskerError('invalid', `invalid mode: ${mode}`);
  }
  const readonly = words.includes('ro');
  return find(colon < 0 ? spec : spec.slice(0, colon), mountsOf).flatMap((mount) => inherit(mount, readonly) ?? []);
}

/** 400 and not 404: with that a client would pull the image. */
function find(container: string, mountsOf: WantedRequest['mountsOf']): readonly UserMount[] {
  try {
    return mountsOf(container);
  } catch (error) {
    throw new TskerError('invalid', messageOf(error), { cause: error });
  }
}

function inherit(mount: UserMount, readonly: boolean): WantedMount | undefined {
  if (mount.kind === 'tmpfs') return mount.listed === true ? mount : undefined;
  const writable = mount.writable && !readonly;
  if (mount.kind === 'volume') return { ...mount, writable, mode: '', copy: false, options: null, labels: null };
  return { ...mount, writable, readonlyBelow: mount.readonlyBelow || !writable, mode: '' };
}
