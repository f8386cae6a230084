// Containers between the end of a run and their next start by the restart policy. It only counts the time; whether they are
// still to be started is looked at again when it is over.
import { messageOf } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import type { Container } from './container.ts';

export interface RestartTimersOptions {
  /** Starts it, when it is still to be. */
  readonly restart: (container: Container) => Promise<void>;
  readonly log: Logger;
}

export class RestartTimers {
  readonly #options: RestartTimersOptions;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #closed = false;

  constructor(options: RestartTimersOptions) {
    this.#options = options;
  }

  /** `delay` in milliseconds. */
  schedule(container: Container, delay: number): void {
    if (this.#closed) return;
    this.cancel(container);
    const timer = setTimeout(() => {
      this.#timers.delete(container.id);
      void this.#restart(container);
    }, delay);
    this.#timers.set(container.id, timer);
  }

  cancel({ id }: Container): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  /** The daemon ends: nothing is started any more. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #restart(container: Container): Promise<void> {
    const { restart, log } = this.#options;
    if (this.#closed) return;
    try {
      await restart(container);
    } catch (error) {
      log.warn('a container could not be restarted', { container: container.id, error: messageOf(error) });
    }
  }
}
