// How long what is not there yet is waited for: a plugin may start after the engine, as a container even. 1, 2, 4, 8 ... seconds
// between attempts, half a minute in all (Docker's plugin protocol, "Plugin retries").
import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryOptions {
  /** Milliseconds that all attempts may take together; a wait that would exceed them is not begun. */
  readonly patience: number;
  readonly isTemporary: (error: unknown) => boolean;
  readonly onWait?: (error: unknown, milliseconds: number) => void;
}

const LONGEST = 30_000;

export async function retry<T>(attempt: () => Promise<T>, { patience, isTemporary, onWait }: RetryOptions): Promise<T> {
  const end = performance.now() + patience;
  for (let wait = 1000; ; wait = Math.min(wait * 2, LONGEST)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isTemporary(error) || performance.now() + wait >= end) throw error;
      onWait?.(error, wait);
      await sleep(wait);
    }
  }
}
