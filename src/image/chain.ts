// Chain ids (image-spec config.md#layer-chainid): the name of a layer together with all below it. Pure.
import { digestOf } from '../registry/digest.ts';

/** The chain id of each layer, from the base up. */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const parent = chain.at(-1);
    chain.push(parent === undefined ? diffId : digestOf(Buffer.from(`${parent} ${diffId}`)));
  }
  return chain;
}
