// When a request is made again, and after how long: exponential back-off with jitter, Retry-After before both.
import { setTimeout as sleep } from 'node:timers/promises';
import { TskerError } from '../util/errors.ts';
import { TransientError } from './errors.ts';

export interface RetryPolicy {
  /** Failures in a row without progress after which it gives up. */
  readonly attempts: number;
  /** Milliseconds before the second try; doubles from there. */
  readonly baseDelay: number;
  readonly maxDelay: number;
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 5, baseDelay: 250, maxDelay: 10_000 };

/** A server may ask for longer than we are willing to wait. */
const MAX_RETRY_AFTER = 60_000;

/** Milliseconds before try number `failures` + 1, `random` in [0, 1): between half of the full delay and all of it. Pure. */
export function retryDelay(policy: RetryPolicy, failures: number, random: number): number {
  const full = Math.min(policy.maxDelay, policy.baseDelay * 2 ** (failures - 1));
  return full / 2 + (full / 2) * random;
}

/** Retry-After (RFC 9110, 10.2.3), seconds or a date, in milliseconds from `now`. Pure. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const wait = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) && wait >= 0 ? Math.min(wait, MAX_RETRY_AFTER) : undefined;
}

/** Counts the failures of one request, and waits between its tries. */
export class Retries {
  readonly #policy: RetryPolicy;
  readonly #signal: AbortSignal;
  #failures = 0;

  constructor(policy: RetryPolicy, signal: AbortSignal) {
    this.#policy = policy;
    this.#signal = signal;
  }

  /** Something came: the next failure is the first again. */
  progressed(): void {
    this.#failures = 0;
  }

  /** Waits when `error` is worth another try, throws it otherwise. `onWait` hears for how long. */
  async waitAfter(error: unknown, onWait?: (milliseconds: number) => void): Promise<void> {
    this.#failures += 1;
    throwIfAborted(this.#signal);
    if (!(error instanceof TransientError) || this.#failures >= this.#policy.attempts) throw error;
    const delay = error.retryAfter ?? retryDelay(this.#policy, this.#failures, Math.random());
    onWait?.(delay);
    await sleep(delay, undefined, { signal: this.#signal }).catch(() => throwIfAborted(this.#signal));
  }
}

/** Throws `cancelled` when the signal is aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw signal.reason instanceof TskerError ? signal.reason : new TskerError('cancelled', 'context canceled');
}
