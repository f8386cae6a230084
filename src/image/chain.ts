// The chain ids of an image's layers, from its diff ids. Pure.
import { chainIdOf } from '../layer/chain-id.ts';

/** The chain id of each layer, from the base up. */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) chain.push(chainIdOf(diffId, chain.at(-1)));
  return chain;
}

/** Of one more layer on a chain. */
export function nextChainId(chainId: string | undefined, diffId: string): string {
  return chainIdOf(diffId, chainId);
}
