// Where overlay keeps what, and the options of its mounts. Pure: paths and strings only.
import { join } from 'node:path';
import { TskerError } from '../util/errors.ts';
import type { RootfsMount } from './driver.ts';
import { checkLayerId } from './layer-id.ts';

/** Docker's limit; the kernel's page of options would hold a few more. */
export const MAX_LOWERS = 127;
/** mount(2) copies one page of options and cuts off the rest. */
const OPTIONS_MAX = 4095;
export const LINKS = 'l';

export interface LayerPaths {
  readonly directory: string;
  readonly diff: string;
  readonly work: string;
  readonly merged: string;
  readonly link: string;
  readonly lower: string;
  readonly record: string;
}

export function layerPaths(home: string, id: string): LayerPaths {
  const directory = join(home, checkLayerId(id));
  return {
    directory,
    diff: join(directory, 'diff'),
    work: join(directory, 'work'),
    merged: join(directory, 'merged'),
    link: join(directory, 'link'),
    lower: join(directory, 'lower'),
    record: join(directory, 'record'),
  };
}

/** The `lower` file of a layer on top of one with this link and lower file. Throws `invalid` beyond MAX_LOWERS. */
export function lowerOf(parent: { readonly link: string; readonly lower: string }): string {
  const lower = parent.lower === '' ? `${LINKS}/${parent.link}` : `${LINKS}/${parent.link}:${parent.lower}`;
  if (lower.split(':').length > MAX_LOWERS) throw new TskerError('invalid', 'max depth exceeded');
  return lower;
}

export interface OverlayMount {
  readonly home: string;
  readonly id: string;
  /** From the top, `l/A:l/B`; '' without any. */
  readonly lower: string;
  /** index=off and the like, as the kernel knows them. */
  readonly features: readonly string[];
}

/** The mount of a writable layer. */
export function writableMount({ home, id, lower, features }: OverlayMount): RootfsMount {
  // overlay wants at least one lower directory: an image without layers stands on an empty one.
  const lowerdir = `lowerdir=${lower === '' ? EMPTY : lower}`;
  const options = [lowerdir, `upperdir=${id}/diff`, `workdir=${id}/work`, ...features];
  return checked({ type: 'overlay', source: 'overlay', cwd: home, options });
}

/** The mount of a read-only layer with everything below it, its own short name first. */
export function readOnlyMount({ home, lower, features }: OverlayMount, link: string): RootfsMount {
  const lowerdir = `lowerdir=${LINKS}/${link}:${lower === '' ? EMPTY : lower}`;
  return checked({ type: 'overlay', source: 'overlay', cwd: home, options: ['ro', lowerdir, ...features] });
}

/** A writable layer and all below it as one that is only read: it needs no work directory, and disturbs no other mount. */
export function wholeMount({ home, id, lower, features }: OverlayMount): RootfsMount {
  const lowerdir = `lowerdir=${id}/diff:${lower === '' ? EMPTY : lower}`;
  return checked({ type: 'overlay', source: 'overlay', cwd: home, options: ['ro', lowerdir, ...features] });
}

/** An empty directory in the home, in place of a lower layer where there is none. */
export const EMPTY = 'empty';

function checked(mount: RootfsMount): RootfsMount {
  const size = Buffer.byteLength(mount.options.join(','));
  if (size > OPTIONS_MAX) throw new TskerError('invalid', `too many layers: ${size} bytes of mount options`);
  return mount;
}
