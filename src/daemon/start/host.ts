// The first part of the start: what stands on the host before there is an engine. Directories, native code, lock, pidfile,
// database, ledger, and the recovery of what the last daemon left.
import { join } from 'node:path';
import { findNativeParts, loadNative } from '../../native/load.ts';
import type { Native } from '../../native/native.ts';
import { Checkpoints } from '../../store/checkpoints.ts';
import { type Db, openDatabase } from '../../store/database.ts';
import { Ledger } from '../../store/ledger.ts';
import { Reserve } from '../../store/reserve.ts';
import { Settings } from '../../store/settings.ts';
import { makeDirectories } from '../../util/directories.ts';
import type { Logger } from '../../util/log.ts';
import { Turns } from '../../util/turns.ts';
import { type Clock, createClock } from '../clock.ts';
import { EventLog } from '../events.ts';
import { lockRoot, writePidfile } from '../instance.ts';
import type { LiveConfig } from '../live-config.ts';
import type { DaemonConfig } from '../options.ts';
import { recoverHost } from '../restore.ts';
import type { Split, SplitParts } from '../split/open.ts';

export interface Host {
  /** As the daemon was started; for what SIGHUP changes there is `live`. */
  readonly config: DaemonConfig;
  readonly live: LiveConfig;
  readonly log: Logger;
  /** What is given back at the end, last come first. */
  readonly held: AsyncDisposableStack;
  readonly native: Native;
  readonly db: Db;
  readonly ledger: Ledger;
  readonly reserve: Reserve;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly turns: Turns;
  /** Undefined: the monolith. */
  readonly split: Split | undefined;
}

export async function openHost({ live, log, held }: Pick<Host, 'live' | 'log' | 'held'>): Promise<Host> {
  const config = live.current;
  const { dataRoot, execRoot } = config;
  // Last of all: what is left over (clients' streams of containers that run on) must not keep the process.
  let leaves = false;
  held.defer(() => {
    if (leaves) setImmediate(() => process.exit(0));
  });
  makeDirectories('--data-root', dataRoot, 0o711);
  makeDirectories('--data-root', join(dataRoot, 'containers'), 0o711);
  makeDirectories('--data-root', join(dataRoot, 'tmp'), 0o700);
  makeDirectories('--data-root', join(dataRoot, 'volumes'), 0o701);
  makeDirectories('--exec-root', execRoot, 0o711);

  const parts = findNativeParts([join(execRoot, 'native'), join(dataRoot, 'native')]);
  const native = loadNative(parts);
  held.use(lockRoot(native, dataRoot));
  held.use(writePidfile(config.pidfile));

  const database = join(dataRoot, 'tsker.db');
  const addon = { nativeBinding: parts.loadAddon('better_sqlite3') };
  const db = openDatabase(database, addon);
  const checkpoints = new Checkpoints(db, database, { ...addon, log });
  held.defer(() => checkpoints.close());
  const reserve = new Reserve(db, database, checkpoints, log);
  held.defer(() => reserve.close());
  const ledger = new Ledger(db, (ops) => native.runPlan(ops));
  const leave = (): void => {
    leaves = true;
  };
  const split =
    config.arch === 'split'
      ? await openSplit({ config, native, shim: parts.shim, db, ledger, log, held, leave })
      : undefined;
  await recoverHost({ ledger, log, ...(split === undefined ? {} : { survivors: new Set(split.survivors.keys()) }) });
  // At an orderly end as after a crash: what the daemon made for itself (bridge, rules) is undone by the ledger.
  held.defer(() => (split?.livesOn() === true ? undefined : ledger.undo('daemon')));

  const clock = createClock();
  const events = new EventLog(db, clock, reserve);
  held.defer(() => events.close());
  const settings = new Settings(db);
  const turns = new Turns();
  return { config, live, log, held, native, db, ledger, reserve, settings, clock, events, turns, split };
}

/** Not loaded by the monolith. */
async function openSplit(parts: SplitParts): Promise<Split> {
  const { openSplit: open } = await import('../split/open.ts');
  return open(parts);
}
