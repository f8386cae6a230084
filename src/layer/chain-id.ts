// Chain ids (image-spec config.md, Layer ChainID): the name of a layer together with all below it. Pure.
import { createHash } from 'node:crypto';

/** The chain id of a layer with this diff id on top of `parent`. */
export function chainIdOf(diffId: string, parent: string | undefined): string {
  if (parent === undefined) return diffId;
  return `sha256:${createHash('sha256').update(`${parent} ${diffId}`).digest('hex')}`;
}
