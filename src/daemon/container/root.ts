// A container's root for cp and export: of a running container as its process has it, of another from its layers. Who may
// write, and for how long, is decided here; what is read and written is archive.ts's and export.ts's.
import { existsSync, statSync } from 'node:fs';
import type { RootfsMount } from '../../graphdriver/driver.ts';
import { type LayerRootOptions, openLayerRoot, type Root, type RootBind } from '../../layer/archive-root.ts';
import type { LayerStore } from '../../layer/store.types.ts';
import type { IdMaps, Native } from '../../native/native.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { ZERO_TIME } from '../clock.ts';
import type { UserNamespaces } from '../userns/remapped.ts';
import { parseUserMounts } from './binds.ts';
import type { Container } from './container.ts';
import type { ContainerDirectories } from './files.ts';
import { isAlive } from './state.ts';

export interface RootDependencies {
  readonly native: Native;
  readonly runtime: Pick<Runtime, 'openRoot'>;
  readonly layers: Pick<LayerStore, 'containerLayer' | 'holdContainer'>;
  readonly directories: Pick<ContainerDirectories, 'files'>;
  readonly userns: UserNamespaces;
}

/** To read from. `mounts`: with what is mounted in it. The caller closes it. */
export async function openReadableRoot(
  dependencies: RootDependencies,
  container: Container,
  { mounts }: { readonly mounts: boolean },
): Promise<Root> {
  const { runtime } = dependencies;
  const binds = mounts ? bindsOf(dependencies, container) : [];
  if (binds.length > 0 && container.record.state.startedAt === ZERO_TIME)
    await makeMountPoints(dependencies, container);
  if (isAlive(container.record.state.status)) return runtime.openRoot(container.id, { mounts, readOnly: true });
  return openHeldRoot(dependencies, container, { readOnly: true, binds });
}

/** The driver's hold on the layer lasts as long as the root. */
async function openHeldRoot(
  dependencies: RootDependencies,
  container: Container,
  options: Omit<LayerRootOptions, 'rootfs'>,
): Promise<Root> {
  const { native, layers } = dependencies;
  const release = await layers.holdContainer(container.id);
  try {
    const { fd, close } = await openLayerRoot(native, { ...options, rootfs: rootfsOf(dependencies, container) });
    return { fd, close: () => close().finally(release) };
  } catch (error) {
    await release();
    throw error;
  }
}

/** What the first start does; without it the volumes of a container that has not been started would not be seen. */
async function makeMountPoints(dependencies: RootDependencies, container: Container): Promise<void> {
  if (isAlive(container.record.state.status)) return;
  await withWritableRoot(dependencies, container, async () => undefined);
}

/** Lets `use` write. A container that does not run cannot be started meanwhile; one that runs may end or be stopped. */
export async function withWritableRoot(
  dependencies: RootDependencies,
  container: Container,
  use: (root: number) => Promise<void>,
): Promise<void> {
  const { runtime } = dependencies;
  const running = await container.exclusive.run(async () => {
    if (isAlive(container.record.state.status)) {
      return runtime.openRoot(container.id, { mounts: true, readOnly: false });
    }
    const binds = bindsOf(dependencies, container);
    await useAndClose(await openHeldRoot(dependencies, container, { readOnly: false, binds }), use);
    return undefined;
  });
  if (running !== undefined) await useAndClose(running, use);
}

async function useAndClose(root: Root, use: (root: number) => Promise<void>): Promise<void> {
  try {
    await use(root.fd);
  } finally {
    await root.close();
  }
}

/** As a start mounts it: with mapped ids its files have the owners on the host that archives translate (`idsOf`). */
function rootfsOf({ layers, userns }: RootDependencies, { id, record }: Container): RootfsMount {
  const { rootfs } = layers.containerLayer(id);
  return userns.of(record.hostConfig)?.rootfs(rootfs) ?? rootfs;
}

/** The maps between the ids in its archives and those in its root. */
export function idsOf({ userns }: Pick<RootDependencies, 'userns'>, { record }: Container): { readonly ids?: IdMaps } {
  const remapped = userns.of(record.hostConfig);
  return remapped === undefined ? {} : { ids: remapped.ids };
}

/** What a start would mount from the host; sources that are gone are left out. */
function bindsOf({ directories, userns }: RootDependencies, { id, record }: Container): RootBind[] {
  const { hostConfig } = record;
  const files = directories.files(id);
  const seen = userns.of(hostConfig)?.path ?? ((path: string) => path);
  const own = [
    { source: seen(files.resolvConf), target: '/etc/resolv.conf', readOnly: hostConfig.ReadonlyRootfs },
    { source: seen(files.hostname), target: '/etc/hostname', readOnly: hostConfig.ReadonlyRootfs },
    { source: seen(files.hosts), target: '/etc/hosts', readOnly: hostConfig.ReadonlyRootfs },
  ];
  const users = parseUserMounts(hostConfig)
    .filter((mount) => mount.kind === 'bind')
    .map(({ source, destination, writable }) => ({ source, target: destination, readOnly: !writable }));
  const taken = new Set(users.map(({ target }) => target));
  return [...own.filter(({ target }) => !taken.has(target)), ...users]
    .filter(({ source }) => existsSync(source))
    .map((bind): RootBind => ({ ...bind, kind: statSync(bind.source).isDirectory() ? 'directory' : 'file' }))
    .toSorted((a, b) => a.target.split('/').length - b.target.split('/').length);
}
