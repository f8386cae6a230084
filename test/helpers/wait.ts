// Waiting for something to become true, with a limit and a reason; never a bare sleep in a test.
import { setTimeout as sleep } from 'node:timers/promises';

/** How much longer than on a common machine anything may take: TSKER_TEST_SLOWNESS, which an emulated machine sets. */
export const SLOWNESS = Math.max(1, Number(process.env['TSKER_TEST_SLOWNESS'] ?? 1));

export interface WaitOptions {
  /** Milliseconds on a common machine; default 10,000. */
  readonly timeout?: number;
  /** Milliseconds between two looks; default 20. */
  readonly interval?: number;
}

/** Looks until `probe` gives something other than undefined or false; rejects with `what` when it takes too long. */
export async function waitFor<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions = {},
): Promise<T> {
  const limit = (options.timeout ?? 10_000) * SLOWNESS;
  const deadline = performance.now() + limit;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${limit} ms in vain: ${what}`);
    await sleep(options.interval ?? 20);
  }
}
