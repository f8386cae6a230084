// What is known of a container's health: its state, and the last checks. It runs nothing.
import type { HealthResult, HealthStatus } from '../../types/container.ts';
import type { HealthPlan } from './health-plan.ts';

/** Checks that inspect shows. */
const LOG_MAX = 5;
/** Docker's probe exits with this when all is well. */
const HEALTHY = 0;

/** As it is stored. */
export interface HealthRecord {
  readonly status: HealthStatus;
  readonly failingStreak: number;
  readonly log: readonly HealthResult[];
}

export class Health implements HealthRecord {
  status: HealthStatus;
  failingStreak: number;
  log: readonly HealthResult[];

  constructor({ status, failingStreak, log }: HealthRecord = { status: 'starting', failingStreak: 0, log: [] }) {
    this.status = status;
    this.failingStreak = failingStreak;
    this.log = log;
  }

  /** For the container's record. */
  get snapshot(): HealthRecord {
    return { status: this.status, failingStreak: this.failingStreak, log: this.log };
  }

  /** The container has been started; earlier checks are still of interest. */
  begin(): void {
    this.status = 'starting';
    this.failingStreak = 0;
  }

  /** `sinceStart` is when the check began, in milliseconds. True when the status has changed. */
  record(result: HealthResult, { retries, startPeriod }: HealthPlan, sinceStart: number): boolean {
    const before = this.status;
    this.log = [...this.log, result].slice(-LOG_MAX);
    if (result.ExitCode === HEALTHY) {
      this.failingStreak = 0;
      this.status = 'healthy';
    } else if (before !== 'starting' || sinceStart >= startPeriod) {
      this.failingStreak += 1;
      if (this.failingStreak >= retries) this.status = 'unhealthy';
    }
    return this.status !== before;
  }

  /** What does not run is not healthy; it is no event. */
  end(): void {
    this.status = 'unhealthy';
  }
}
