// Makes directories and rows agree again after a crash or a power cut. Runs once, before the daemon serves anybody.
import type { GraphDriver } from '../graphdriver/driver.ts';
import type { Durability } from './durability.ts';
import type { LayerRows } from './rows.ts';

export interface RecoverParts {
  readonly driver: GraphDriver;
  readonly rows: LayerRows;
  readonly durability: Durability;
}

/**
 * Gives up layers that a power cut may have torn or whose directory is gone (their rows stay, marked, for the images that
 * name them), forgets containers' layers without a directory, then removes every directory that no row names.
 */
export async function recoverLayers({ driver, rows, durability }: RecoverParts): Promise<void> {
  const onDisk = new Set(await driver.list());
  for (const layer of durability.untrusted()) rows.setLost(layer.chainId);
  for (const layer of rows.present()) if (!onDisk.has(layer.cacheId)) rows.setLost(layer.chainId);
  for (const { containerId, cacheId } of rows.containers()) if (!onDisk.has(cacheId)) rows.deleteContainer(containerId);
  const named = rows.cacheIds();
  for (const id of onDisk) if (!named.has(id)) await driver.remove(id);
  durability.settled();
}
