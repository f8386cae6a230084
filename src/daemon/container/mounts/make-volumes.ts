// The volumes of a container that is being made: found or made, held by it, given their first content. And the other end:
// let go, and the anonymous ones removed.
import type { Root } from '../../../layer/archive-root.ts';
import { ArchiveError } from '../../../native/archive-error.ts';
import { S_IFDIR, S_IFMT } from '../../../native/linux.ts';
import type { Native } from '../../../native/native.ts';
import { TskerError } from '../../../util/errors.ts';
import { LOCAL_DRIVER } from '../../../volume/volume.ts';
import type { Volumes } from '../../../volume/volumes.ts';
import { isVolume, type UserMount, type VolumeMount, type WantedMount, type WantedVolume } from './types.ts';

export interface MakeVolumesRequest {
  readonly native: Pick<Native, 'openView' | 'closeLater' | 'stat' | 'close' | 'runPlan'>;
  readonly volumes: Pick<Volumes, 'create' | 'mount' | 'unmount' | 'populate'>;
  readonly containerId: string;
  readonly wanted: readonly WantedMount[];
  /** The new container's; opened only when there may be something to copy. */
  readonly openRoot: () => Promise<Root>;
  /** Called for each as soon as the container has it, to be let go of when a later step fails. */
  readonly onHeld: (mount: VolumeMount) => void;
}

export async function makeVolumes(request: MakeVolumesRequest): Promise<UserMount[]> {
  const made: UserMount[] = [];
  for (const mount of request.wanted) {
    if (!isVolume(mount)) {
      made.push(mount);
      continue;
    }
    const volume = await makeVolume(request, mount);
    request.onHeld(volume);
    made.push(volume);
  }
  await fillVolumes(request, made.filter(isVolume));
  return made;
}

async function makeVolume({ volumes, containerId }: MakeVolumesRequest, wanted: WantedVolume): Promise<VolumeMount> {
  const { options, labels, ...mount } = wanted;
  const provisional = mount.anonymous && mount.name === '';
  const { name, driver } = mount;
  const view = await volumes.create({ name, driver, options, labels, holder: containerId, provisional });
  return { ...mount, name: view.name, driver: view.driver, source: view.mountpoint, mode: modeOf(wanted, view.driver) };
}

/** What Docker shows of a local volume that was named without a mode, or given by --mount: the label of SELinux it would have. */
function modeOf({ mode, anonymous, labels, options }: WantedVolume, driver: string): string {
  const isImages = anonymous && labels === null && options === null;
  return mode === '' && driver === LOCAL_DRIVER && !isImages ? 'z' : mode;
}

async function fillVolumes(request: MakeVolumesRequest, mounts: readonly VolumeMount[]): Promise<void> {
  const toFill = mounts.filter(({ copy, subpath }) => copy && subpath === undefined);
  if (toFill.length === 0) return;
  const root = await request.openRoot();
  try {
    for (const mount of toFill) await fillVolume(request, mount, root);
  } finally {
    await root.close();
  }
}

async function fillVolume(
  { native, volumes, containerId }: MakeVolumesRequest,
  { name, destination }: VolumeMount,
  root: Root,
): Promise<void> {
  const from = await openDirectory(native, root, destination);
  if (from === undefined) return;
  const user = `${containerId}/copy`;
  try {
    const path = await volumes.mount(name, user);
    try {
      await volumes.populate(name, path, (to) =>
        native.runPlan([{ op: 'COPYTREE', from: `/proc/self/fd/${from}`, to }]),
      );
    } finally {
      await volumes.unmount(name, user);
    }
  } finally {
    native.close(from);
  }
}

/** Of the image, links resolved inside of it. Undefined: there is nothing; throws when it is no directory. */
async function openDirectory(
  native: Pick<Native, 'stat' | 'close'>,
  root: Root,
  destination: string,
): Promise<number | undefined> {
  try {
    const { fd, mode } = await native.stat({ root: root.fd, path: `${destination}/`, open: true });
    if (fd === undefined || (mode & S_IFMT) === S_IFDIR) return fd;
    native.close(fd);
  } catch (error) {
    if (error instanceof ArchiveError && error.reason === 'path_not_found') return undefined;
    if (!(error instanceof ArchiveError && error.reason === 'not_a_directory')) throw error;
  }
  throw new TskerError('internal', `cannot mount volume over existing file, file exists ${destination}`);
}

export interface LeaveVolumesRequest {
  readonly volumes: Pick<Volumes, 'release' | 'remove'>;
  readonly containerId: string;
  readonly mounts: readonly VolumeMount[];
  /** The anonymous ones go, those that no other container has. */
  readonly remove: boolean;
  readonly onFailure: (volume: string, error: unknown) => void;
}

/** The container has them no longer. */
export async function leaveVolumes({
  volumes,
  containerId,
  mounts,
  remove,
  onFailure,
}: LeaveVolumesRequest): Promise<void> {
  for (const { name } of mounts) volumes.release(name, containerId);
  if (!remove) return;
  for (const name of new Set(mounts.filter(({ anonymous }) => anonymous).map((mount) => mount.name))) {
    try {
      await volumes.remove(name, { force: true });
    } catch (error) {
      const isInUse = error instanceof TskerError && error.code === 'conflict';
      if (!isInUse) onFailure(name, error);
    }
  }
}
