// The starts that are being stepped through, by container: whoever asks for a step, or wants a look, finds them here.
import { TskerError } from '../../util/errors.ts';
import type { SteppedStart } from './stepped-start.ts';

export class SteppedStarts implements AsyncDisposable {
  readonly #starts = new Map<string, { readonly start: SteppedStart; readonly ended: Promise<unknown> }>();

  /** Keeps it until `ended` has settled. Throws conflict when one of the container is under way. */
  async keep(id: string, start: SteppedStart, begin: () => Promise<void>): Promise<void> {
    if (this.#starts.has(id)) throw new TskerError('conflict', `container ${id} is being started step by step`);
    const ended = Promise.withResolvers<void>();
    this.#starts.set(id, { start, ended: ended.promise });
    try {
      await begin();
    } finally {
      this.#starts.delete(id);
      ended.resolve();
    }
  }

  /** Throws conflict when there is none. */
  of(id: string, name: string): SteppedStart {
    const found = this.#starts.get(id);
    if (found !== undefined) return found.start;
    throw new TskerError('conflict', `container ${name} is not being started step by step`, {
      hint: 'start it with: tsker run --step, or look at one that runs with: tsker xray',
    });
  }

  /** All are given up; resolves when their processes have ended and what they made is undone. */
  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#starts.values()];
    for (const { start } of all) start.giveUp('the daemon ends');
    await Promise.allSettled(all.map(({ ended }) => ended));
  }
}
