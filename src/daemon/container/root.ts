// A container's root for cp and export: of a running container as its process has it, of another from its layers. Who may
// write, and for how long, is decided here; what is read and written is archive.ts's and export.ts's.
import type { RootfsMount } from '../../graphdriver/driver.ts';
import { type LayerRootOptions, openLayerRoot, type Root } from '../../layer/archive-root.ts';
import type { LayerStore } from '../../layer/store.types.ts';
import type { IdMaps } from '../../native/archive-requests.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { ZERO_TIME } from '../clock.ts';
import type { Container } from './container.ts';
import { mountsOf } from './mounts/of-record.ts';
import { openRootMounts, type RootMountDependencies, type RootMounts } from './root-mounts.ts';
import { isAlive } from './state.ts';

export interface RootDependencies extends RootMountDependencies {
  readonly runtime: Pick<Runtime, 'openRoot'>;
  readonly layers: Pick<LayerStore, 'containerLayer' | 'holdContainer'>;
}

/** To read from. `mounts`: with what is mounted in it. The caller closes it. */
export async function openReadableRoot(
  dependencies: RootDependencies,
  container: Container,
  { mounts }: { readonly mounts: boolean },
): Promise<Root> {
  const { runtime } = dependencies;
  const isRunning = (): boolean => isAlive(container.record.state.status);
  const hasMounts = mounts && mountsOf(container.record).length > 0;
  if (hasMounts && !isRunning() && container.record.state.startedAt === ZERO_TIME) {
    await makeMountPoints(dependencies, container);
  }
  if (isRunning()) return runtime.openRoot(container.id, { mounts, readOnly: true });
  const open = (binds: RootMounts['binds']) => openHeldRoot(dependencies, container, { readOnly: true, binds });
  return mounts ? withMounts(await openRootMounts(dependencies, container), open) : open([]);
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

/** They are given back when the root is closed, or was not opened at all. */
async function withMounts(mounts: RootMounts, open: (binds: RootMounts['binds']) => Promise<Root>): Promise<Root> {
  try {
    const { fd, close } = await open(mounts.binds);
    return { fd, close: () => close().finally(() => mounts.release()) };
  } catch (error) {
    await mounts.release();
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
    const open = (binds: RootMounts['binds']) => openHeldRoot(dependencies, container, { readOnly: false, binds });
    await useAndClose(await withMounts(await openRootMounts(dependencies, container), open), use);
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
