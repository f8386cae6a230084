// The root file system of a process in the kernel's words: the layers that overlay names, and what is in the uppermost.
import { isAbsolute, join } from 'node:path';
import type { LayerStore } from '../../layer/store.types.ts';
import type { XrayMount, XrayRoot } from '../../types/xray.ts';

/** Changes that are listed; all are counted. */
const LISTED = 200;

/** The kernel shows paths as they were given: relative ones start in the driver's directory. */
export async function readRoot(
  layers: Pick<LayerStore, 'containerLayer' | 'containerChanges'>,
  id: string,
  mounts: readonly XrayMount[],
): Promise<XrayRoot> {
  const { rootfs } = layers.containerLayer(id);
  const all = await layers.containerChanges(id);
  return describeRoot(mounts, rootfs.cwd ?? '/', all);
}

/** Pure. */
export function describeRoot(
  mounts: readonly XrayMount[],
  cwd: string,
  changes: readonly { readonly kind: 'modified' | 'added' | 'deleted'; readonly path: string }[],
): XrayRoot {
  // What was mounted last on a path is what is seen there.
  const root = mounts.findLast(({ target }) => target === '/');
  const option = (name: string): string | undefined =>
    root?.superOptions
      .split(',')
      .find((one) => one.startsWith(`${name}=`))
      ?.slice(name.length + 1);
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(cwd, path));
  const upper = option('upperdir');
  const work = option('workdir');
  return {
    type: root?.type ?? '',
    lower: (option('lowerdir') ?? '')
      .split(':')
      .filter((path) => path !== '')
      .map(absolute),
    ...(upper === undefined ? {} : { upper: absolute(upper) }),
    ...(work === undefined ? {} : { work: absolute(work) }),
    changes: changes.slice(0, LISTED).map(({ kind, path }) => ({ kind, path })),
    changed: changes.length,
  };
}
