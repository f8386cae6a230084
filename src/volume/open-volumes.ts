// The volumes of one data root, with the local driver and whatever other drivers there are. What a daemon that died left is
// dealt with by the first call, `recover`.
import { join } from 'node:path';
import type { Native } from '../native/native.ts';
import type { Db } from '../store/database.ts';
import type { Ledger } from '../store/ledger.ts';
import { TskerError } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import { LocalDriver } from './local-driver.ts';
import { VolumeRows } from './rows.ts';
import { LOCAL_DRIVER, type VolumeDriver, type VolumeDrivers } from './volume.ts';
import { Volumes, type VolumesParts } from './volumes.ts';

export interface OpenVolumes extends Pick<VolumesParts, 'now' | 'publish'> {
  readonly db: Db;
  readonly native: Pick<Native, 'runPlan'>;
  readonly ledger: Ledger;
  readonly dataRoot: string;
  readonly log: Logger;
  /** Drivers besides the local one. */
  readonly others?: VolumeDrivers;
}

export function openVolumes({ db, native, ledger, dataRoot, others, ...parts }: OpenVolumes): Volumes {
  const rows = new VolumeRows(db);
  const local = new LocalDriver({
    native,
    ledger,
    root: join(dataRoot, 'volumes'),
    optionsOf: (name) => rows.get(name)?.options ?? {},
    owner: { uid: 0, gid: 0 },
  });
  return new Volumes({ rows, drivers: withLocal(local, others), ...parts });
}

function withLocal(local: VolumeDriver, others: VolumeDrivers | undefined): VolumeDrivers {
  return {
    async get(name) {
      if (name === LOCAL_DRIVER) return local;
      if (others !== undefined) return await others.get(name);
      throw new TskerError('not_found', `error looking up volume plugin ${name}: plugin "${name}" not found`);
    },
    active: () => [local, ...(others?.active() ?? [])],
  };
}
