// Where images and root file systems are: graphdriver, user namespaces (which show the driver's files a second time), layers and
// the image store. It starts no transfer; transfers.ts does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { selectDriver, standardCandidates } from '../../graphdriver/select.ts';
import { LayerHolds } from '../../image/layer-holds.ts';
import { SqliteImageStore } from '../../image/sqlite-store.ts';
import { DriverLayerStore } from '../../layer/store.ts';
import type { Db } from '../../store/database.ts';
import { TskerError } from '../../util/errors.ts';
import { mountMappedRoot } from '../userns/mapped-root.ts';
import { resolveRemap } from '../userns/remap.ts';
import { NO_USER_NAMESPACES, type UserNamespaces, userNamespaces } from '../userns/remapped.ts';
import type { Host } from './host.ts';

export interface Storage {
  readonly layers: DriverLayerStore;
  /** Layers that something under way needs. */
  readonly holds: LayerHolds;
  readonly images: SqliteImageStore;
  readonly userns: UserNamespaces;
}

export async function openStorage(host: Host): Promise<Storage> {
  const { config, native, db, ledger, settings, log, held } = host;
  const { dataRoot } = config;
  const driver = await selectDriver({
    candidates: standardCandidates({
      root: dataRoot,
      native,
      effects: ledger,
      storageOptions: config.storageOptions,
    }),
    settings,
    hasLayers: (name) => hasLayers(db, name),
    ...(config.storageDriver === undefined ? {} : { wanted: config.storageDriver }),
  });
  held.defer(() => driver.close());
  const userns = await openUserNamespaces(host, driver.name);
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const layers = new DriverLayerStore({ db, driver, native, root: dataRoot, settings, bootId, log });
  await layers.recover();
  held.defer(() => layers.sync());
  const holds = new LayerHolds(layers);
  return { layers, holds, images: new SqliteImageStore(db, holds), userns };
}

/** Containers that are told nothing else run with the ids of --userns-remap. */
async function openUserNamespaces({ config, native, ledger }: Host, driverName: string): Promise<UserNamespaces> {
  const { usernsRemap, dataRoot, execRoot } = config;
  if (usernsRemap === undefined) return NO_USER_NAMESPACES;
  if (driverName === 'devicemapper') {
    throw new TskerError('unsupported', '--userns-remap does not go with devicemapper, whose layers are mounts');
  }
  const maps = resolveRemap(usernsRemap);
  const mappedRoot = join(execRoot, 'remapped');
  await mountMappedRoot({
    native,
    ledger,
    root: dataRoot,
    parts: [join(dataRoot, driverName)],
    target: mappedRoot,
    maps,
  });
  return userNamespaces({ maps, dataRoot, mappedRoot });
}

function hasLayers(db: Db, driver: string): boolean {
  const tables = ['layers', 'container_layers'];
  return tables.some(
    (table) => db.prepare(`SELECT 1 FROM ${table} WHERE driver = ? LIMIT 1`).get(driver) !== undefined,
  );
}
