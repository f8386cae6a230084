// When a container that has ended is started again, and after how long (moby restartmanager). Pure.
import type { RestartPolicy } from '../../types/container-config.ts';

/** Why a run ends when somebody asked for it: the user, a restart by the user, the end of the daemon. */
export type EndReason = 'stop' | 'restart' | 'shutdown';

export interface EndedRun {
  readonly exitCode: number;
  /** Restarts by the policy since the user's start. */
  readonly restartCount: number;
  /** Undefined: it ended by itself. */
  readonly reason: EndReason | undefined;
  /** The user has sent it a signal since its start. */
  readonly manuallyStopped: boolean;
}

export function restartsAfterEnd(policy: RestartPolicy, ended: EndedRun): boolean {
  const { exitCode, restartCount, reason, manuallyStopped } = ended;
  if (reason !== undefined) return false;
  switch (policy.Name) {
    case 'always':
      return true;
    case 'unless-stopped':
      return !manuallyStopped;
    case 'on-failure':
      return exitCode !== 0 && (policy.MaximumRetryCount === 0 || restartCount < policy.MaximumRetryCount);
    default:
      return false;
  }
}

export interface PastRun {
  /** The user stopped it, and has not started it since. */
  readonly manuallyStopped: boolean;
  /** It has run at all. */
  readonly hasRun: boolean;
}

/** Whether a daemon starts it when it starts itself. Not `on-failure`: the end of a daemon is no failure of the program. */
export function startsWithDaemon({ Name: name }: RestartPolicy, { manuallyStopped, hasRun }: PastRun): boolean {
  if (!hasRun) return false;
  return name === 'always' || (name === 'unless-stopped' && !manuallyStopped);
}

/** Milliseconds. */
const FIRST_DELAY = 100;
const LAST_DELAY = 60_000;
/** A run of this length counts as a good one. */
const GOOD_RUN = 10_000;

/** How long to wait before the next start: twice as long each time, and from the beginning after a good run. */
export class Backoff {
  #delay = 0;

  /** `ranFor` and the result in milliseconds. */
  next(ranFor: number): number {
    if (ranFor >= GOOD_RUN || this.#delay === 0) this.#delay = FIRST_DELAY;
    else this.#delay = Math.min(this.#delay * 2, LAST_DELAY);
    return this.#delay;
  }

  reset(): void {
    this.#delay = 0;
  }
}
