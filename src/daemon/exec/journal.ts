// What is written down of execs whose processes outlive the daemon, so that the next one can be asked about them. The monolith
// has none: there the processes end with it.
import type { Exec } from './exec.ts';

export interface ExecJournal {
  /** Its process is about to be made. */
  begin(exec: Exec): void;
  /** It has ended, or was never made. */
  end(exec: Exec): void;
}
