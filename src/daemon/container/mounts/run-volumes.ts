// Volumes while a container runs: mounted by their drivers before it starts, given back after its end, with the events that
// tell of it. A directory in a volume is opened inside of it and bound to a place of the engine's own first, so that no link
// a container left in the volume leads out.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { ArchiveError } from '../../../native/archive-error.ts';
import { ERRNO } from '../../../native/errno.ts';
import { MNT_DETACH, O_DIRECTORY, O_PATH, S_IFDIR, S_IFLNK, S_IFMT } from '../../../native/linux.ts';
import type { Native } from '../../../native/native.ts';
import type { Effects } from '../../../runtime/runtime.ts';
import { TskerError } from '../../../util/errors.ts';
import type { Volumes } from '../../../volume/volumes.ts';
import type { EventSink } from '../../events.ts';
import type { Remapped } from '../../userns/remapped.ts';
import type { Container } from '../container.ts';
import { isVolume, type UserMount, type VolumeMount } from './types.ts';

export interface RunVolumesRequest {
  readonly native: Pick<Native, 'open' | 'close' | 'stat' | 'runPlan'>;
  readonly volumes: Pick<Volumes, 'mount' | 'isPlain'>;
  /** Of a container with mapped ids: it sees the engine's own directories through these. */
  readonly remapped: Pick<Remapped, 'path'> | undefined;
  readonly containerId: string;
  readonly mounts: readonly UserMount[];
  /** Where the n-th part of a volume is bound. */
  readonly subpathPlace: (index: number) => string;
  readonly effects: Effects;
  /** Called for each as soon as it is mounted, so that it is given back whatever becomes of the rest. */
  readonly onMounted: (mount: VolumeMount) => void;
}

/** The mounts with the paths that volumes have for this run. */
export async function mountVolumes(request: RunVolumesRequest): Promise<UserMount[]> {
  const ready: UserMount[] = [];
  for (const [index, mount] of request.mounts.entries()) {
    ready.push(isVolume(mount) ? await mountVolume(request, mount, index) : mount);
  }
  return ready;
}

async function mountVolume(request: RunVolumesRequest, mount: VolumeMount, index: number): Promise<VolumeMount> {
  const { volumes, containerId, remapped } = request;
  const path = await volumes.mount(mount.name, mountUser(containerId, mount));
  request.onMounted(mount);
  const source = remapped !== undefined && volumes.isPlain(mount.name) ? remapped.path(path) : path;
  if (mount.subpath === undefined) return { ...mount, source };
  return { ...mount, source: await bindSubpath(request, { volume: source, path: mount.subpath, index }) };
}

/** What a driver is told who mounts: another one for each place, the same after a restart. */
export function mountUser(containerId: string, { destination }: Pick<VolumeMount, 'destination'>): string {
  return `${containerId}:${destination}`;
}

interface Subpath {
  readonly volume: string;
  readonly path: string;
  readonly index: number;
}

async function bindSubpath(
  { native, effects, subpathPlace }: RunVolumesRequest,
  { volume, path, index }: Subpath,
): Promise<string> {
  const place = subpathPlace(index);
  const root = native.open(volume, O_PATH | O_DIRECTORY);
  let opened: number | undefined;
  try {
    const { fd, mode } = await statSubpath(native, root, path);
    opened = fd;
    const isDirectory = (mode & S_IFMT) === S_IFDIR;
    const gone = { tolerate: ERRNO.ENOENT };
    effects.record('mount', place, [
      { op: 'UMOUNT', target: place, flags: MNT_DETACH, optional: true },
      isDirectory ? { op: 'RMDIR', path: place, ...gone } : { op: 'REMOVE', path: place, ...gone },
    ]);
    mkdirSync(dirname(place), { recursive: true, mode: 0o711 });
    await native.runPlan([
      isDirectory
        ? { op: 'MKDIR', path: place, mode: 0o700, tolerate: ERRNO.EEXIST }
        : { op: 'MKFILE', path: place, mode: 0o600 },
      { op: 'BIND', source: `/proc/self/fd/${fd}`, target: place, flags: 0, propagation: 0 },
    ]);
    return place;
  } finally {
    if (opened !== undefined) native.close(opened);
    native.close(root);
  }
}

async function statSubpath(
  native: Pick<Native, 'stat' | 'close'>,
  root: number,
  path: string,
): Promise<{ readonly fd: number; readonly mode: number }> {
  try {
    const first = await native.stat({ root, path: `/${path}` });
    const target = first.target ?? `/${path}`;
    const { fd, mode } = await native.stat({ root, path: target, open: true });
    if (fd === undefined) throw new Error('a path was opened without a descriptor');
    if ((mode & S_IFMT) !== S_IFLNK) return { fd, mode };
    native.close(fd);
    throw new TskerError('internal', `cannot access path ${path}: it is changing`);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    const reason = error.reason === 'path_not_found' ? 'no such file or directory' : error.message;
    throw new TskerError('internal', `cannot access path ${path}: ${reason}`, { cause: error });
  }
}

/** A mount point that a driver's mount was made for, and its event. */
export function emitVolumeMounts(events: EventSink, containerId: string, mounts: readonly VolumeMount[]): void {
  for (const { name, driver, destination, writable } of mounts) {
    events.emit({
      type: 'volume',
      action: 'mount',
      id: name,
      attributes: { container: containerId, destination, driver, propagation: '', 'read/write': String(writable) },
    });
  }
}

export interface UnmountDependencies {
  readonly volumes: Pick<Volumes, 'unmount'>;
  readonly events: EventSink;
}

/** What was mounted for the run: all of it, whatever becomes of one; then throws the first failure. */
export async function unmountVolumes({ volumes, events }: UnmountDependencies, container: Container): Promise<void> {
  const mounts = container.mountedVolumes;
  container.mountedVolumes = [];
  const outcomes = await Promise.allSettled(
    mounts.map(async (mount) => {
      await volumes.unmount(mount.name, mountUser(container.id, mount));
      const { name: id, driver } = mount;
      events.emit({ type: 'volume', action: 'unmount', id, attributes: { container: container.id, driver } });
    }),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
