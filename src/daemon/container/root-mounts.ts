// What a start would mount from the host, for cp with a container that does not run: volumes are mounted by their drivers
// for as long as the root is open.
import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import type { RootBind } from '../../layer/archive-root.ts';
import type { Native } from '../../native/native.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { Volumes } from '../../volume/volumes.ts';
import type { UserNamespaces } from '../userns/remapped.ts';
import type { Container } from './container.ts';
import type { ContainerDirectories } from './files.ts';
import { mountsOf } from './mounts/of-record.ts';
import { mountUser, mountVolumes } from './mounts/run-volumes.ts';
import { isVolume, type UserMount, type VolumeMount } from './mounts/types.ts';

export interface RootMountDependencies {
  readonly native: Native;
  readonly volumes: Pick<Volumes, 'mount' | 'unmount' | 'isPlain'>;
  readonly directories: Pick<ContainerDirectories, 'files' | 'subpath'>;
  readonly ledger: Pick<Ledger, 'record' | 'undo'>;
  readonly userns: UserNamespaces;
}

export interface RootMounts {
  /** Sources that are gone are left out. */
  readonly binds: readonly RootBind[];
  release(): Promise<void>;
}

export async function openRootMounts(dependencies: RootMountDependencies, container: Container): Promise<RootMounts> {
  const { native, volumes, directories, ledger, userns } = dependencies;
  const use = `${container.id}/cp-${randomUUID()}`;
  const mounted: VolumeMount[] = [];
  const release = async (): Promise<void> => {
    await ledger.undo(use);
    for (const mount of mounted) await volumes.unmount(mount.name, mountUser(use, mount));
  };
  try {
    const mounts = await mountVolumes({
      native,
      volumes,
      containerId: use,
      mounts: mountsOf(container.record),
      remapped: userns.of(container.record.hostConfig),
      subpathPlace: (index) => directories.subpath(use, index),
      effects: { record: (kind, subject, undo) => void ledger.record(use, kind, subject, undo) },
      onMounted: (mount) => void mounted.push(mount),
    });
    return { binds: [...bindsOf(dependencies, container, mounts)], release };
  } catch (error) {
    await release();
    throw error;
  }
}

function bindsOf(
  { directories, userns }: RootMountDependencies,
  { id, record }: Container,
  mounts: readonly UserMount[],
): RootBind[] {
  const readOnly = record.hostConfig.ReadonlyRootfs;
  const files = directories.files(id);
  const seen = userns.of(record.hostConfig)?.path ?? ((path: string) => path);
  const own = [
    { source: seen(files.resolvConf), target: '/etc/resolv.conf', readOnly },
    { source: seen(files.hostname), target: '/etc/hostname', readOnly },
    { source: seen(files.hosts), target: '/etc/hosts', readOnly },
  ];
  const users = mounts
    .filter((mount) => mount.kind === 'bind' || isVolume(mount))
    .map(({ source, destination, writable }) => ({ source, target: destination, readOnly: !writable }));
  const taken = new Set(users.map(({ target }) => target));
  return [...own.filter(({ target }) => !taken.has(target)), ...users]
    .filter(({ source }) => existsSync(source))
    .map((bind): RootBind => ({ ...bind, kind: statSync(bind.source).isDirectory() ? 'directory' : 'file' }))
    .toSorted((a, b) => a.target.split('/').length - b.target.split('/').length);
}
