// Those who wait for a container to end or to be removed. Pure bookkeeping: exit.ts and remove.ts tell it when.
import type { WaitCondition, WaitResponse } from '../../types/container.ts';

interface Waiter {
  readonly condition: WaitCondition;
  readonly resolve: (answer: WaitResponse) => void;
}

export class Waiters {
  readonly #waiters = new Set<Waiter>();

  add(condition: WaitCondition): { readonly done: Promise<WaitResponse>; cancel(): void } {
    const { promise, resolve } = Promise.withResolvers<WaitResponse>();
    const waiter = { condition, resolve };
    this.#waiters.add(waiter);
    return { done: promise, cancel: () => void this.#waiters.delete(waiter) };
  }

  /**
   * Those who wait for this end, to be answered by what is returned, once it is dealt with. Whoever comes in between has been
   * told already that the container has ended, and waits for the next time.
   */
  ending(): (answer: WaitResponse) => void {
    return this.#take(({ condition }) => condition !== 'removed');
  }

  /** Answers everyone: a container that is gone will not end again. */
  removed(answer: WaitResponse): void {
    this.#take(() => true)(answer);
  }

  #take(concerns: (waiter: Waiter) => boolean): (answer: WaitResponse) => void {
    const taken = [...this.#waiters].filter(concerns);
    return (answer) => {
      for (const waiter of taken) {
        // Who has gone away meanwhile, or was answered by the removal, is not among them any more.
        if (this.#waiters.delete(waiter)) waiter.resolve(answer);
      }
    };
  }
}
