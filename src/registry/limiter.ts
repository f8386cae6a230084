// At most so many at once, first come first served. The order matters: a layer's parent has asked before it, so a driver
// that unpacks a layer only on its finished parent cannot be starved by the children.
import { throwIfAborted } from './retry.ts';

export class Limiter {
  readonly #limit: () => number;
  #used = 0;
  /** Each is called with whether it got a place. */
  readonly #queue: ((admitted: boolean) => void)[] = [];

  /** A limit that can change is asked for; a raised one is noticed when the next comes or goes. */
  constructor(limit: number | (() => number)) {
    this.#limit = typeof limit === 'number' ? () => limit : limit;
  }

  /** Waits for a place; `onWait` is called when there is none. Returns the function that gives it back. */
  async acquire(signal: AbortSignal, onWait?: () => void): Promise<() => void> {
    throwIfAborted(signal);
    // Before whoever comes now: the limit may have been raised since they came.
    this.#admit();
    if (this.#used < this.#limit()) this.#used += 1;
    else {
      onWait?.();
      if (!(await this.#wait(signal))) throwIfAborted(signal);
    }
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#release();
    };
  }

  async #wait(signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const leave = (): void => {
      const place = this.#queue.indexOf(resolve);
      if (place !== -1) this.#queue.splice(place, 1);
      resolve(false);
    };
    this.#queue.push(resolve);
    signal.addEventListener('abort', leave, { once: true });
    const admitted = await promise;
    signal.removeEventListener('abort', leave);
    return admitted;
  }

  #release(): void {
    this.#used -= 1;
    this.#admit();
  }

  /** Hands what is free to the first who wait. */
  #admit(): void {
    while (this.#used < this.#limit()) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#used += 1;
      next(true);
    }
  }
}
