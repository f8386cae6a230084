// The volumes of one data root, with the local driver and whatever other drivers there are. What a daemon that died left is
// dealt with by the first call, `recover`.
import { join } from 'node:path';
import type { Native } from '../native/native.ts';
import type { Plugins } from '../plugin/plugins.ts';
import type { Db } from '../store/database.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Logger } from '../util/log.ts';
import { LocalDriver } from './local-driver.ts';
import { volumeDrivers } from './plugin-driver.ts';
import { VolumeRows } from './rows.ts';
import { Volumes, type VolumesParts } from './volumes.ts';

export interface OpenVolumes extends Pick<VolumesParts, 'now' | 'publish'> {
  readonly db: Db;
  readonly native: Pick<Native, 'runPlan'>;
  readonly ledger: Ledger;
  readonly dataRoot: string;
  readonly log: Logger;
  readonly plugins: Plugins;
}

export function openVolumes({ db, native, ledger, dataRoot, plugins, ...parts }: OpenVolumes): Volumes {
  const rows = new VolumeRows(db);
  const local = new LocalDriver({
    native,
    ledger,
    root: join(dataRoot, 'volumes'),
    optionsOf: (name) => rows.get(name)?.options ?? {},
    owner: { uid: 0, gid: 0 },
  });
  return new Volumes({ rows, drivers: volumeDrivers(local, plugins), ...parts });
}
