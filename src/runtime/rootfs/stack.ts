// A RootfsMount as the directories it is made of, from the top: what a reader has to look through as long as nothing is
// mounted. Pure.
import { isAbsolute, join } from 'node:path';
import type { RootfsMount } from '../../graphdriver/driver.ts';
import { TskerError } from '../../util/errors.ts';

export interface RootfsStack {
  /** The writable directory; undefined for a read-only stack. */
  readonly upper: string | undefined;
  /** From the top; may be symbolic links (overlay's short names). */
  readonly lowers: readonly string[];
}

export function stackOf(rootfs: RootfsMount): RootfsStack {
  if (rootfs.type === 'bind') return { upper: rootfs.source, lowers: [] };
  const options = rootfs.options.flatMap(splitOptions);
  const value = (key: string): string | undefined =>
    options.findLast((one) => one.startsWith(`${key}=`))?.slice(key.length + 1);
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(rootfs.cwd ?? '/', path));
  const lowers = splitLowers(value('lowerdir') ?? '').map(absolute);
  const upper = value('upperdir');
  if (upper === undefined && lowers.length === 0) throw new TskerError('internal', 'overlay without directories');
  return { upper: upper === undefined ? undefined : absolute(unescapePath(upper)), lowers };
}

/** Options are joined by commas, and a backslash takes a comma's meaning away. */
function splitOptions(text: string): string[] {
  return text.split(/(?<!\\),/);
}

function splitLowers(text: string): string[] {
  return text
    .split(/(?<!\\):+/)
    .filter((path) => path !== '')
    .map(unescapePath);
}

function unescapePath(path: string): string {
  return path.replace(/\\(.)/g, '$1');
}
