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

  /** Answers those who wait for the end, and leaves those who wait for the removal. */
  ended(answer: WaitResponse): void {
    this.#answer(answer, ({ condition }) => condition !== 'removed');
  }

  /** Answers everyone: a container that is gone will not end again. */
  removed(answer: WaitResponse): void {
    this.#answer(answer, () => true);
  }

  #answer(answer: WaitResponse, concerns: (waiter: Waiter) => boolean): void {
    for (const waiter of [...this.#waiters].filter(concerns)) {
      this.#waiters.delete(waiter);
      waiter.resolve(answer);
    }
  }
}
