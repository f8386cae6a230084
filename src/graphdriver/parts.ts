// What every driver is built from: its directory, the native calls it makes, and where it writes down what it mounts.
import type { Native } from '../native/native.ts';
import type { Op } from '../native/ops.ts';

/** The native calls of drivers. */
export type DriverNative = Pick<Native, 'runPlan' | 'extract' | 'pipe' | 'close' | 'fsMagic'>;

/** The ledger, as drivers see it: effects on the host are recorded with their inverse before they are made. */
export interface HostEffects {
  record(owner: string, kind: string, subject: string, undo: readonly Op[]): number;
  forget(id: number): void;
}

export interface DriverParts {
  /** The driver's own directory, `<root>/overlay`. */
  readonly home: string;
  readonly native: DriverNative;
  readonly effects: HostEffects;
}
