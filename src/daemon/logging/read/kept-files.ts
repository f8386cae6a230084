// A log whose files stay readable when the container is removed before its reader has come to them: clients remove what they still
// read (docker-py's run does). What is appended and rotated later is as the source has it.
import { closeSync, openSync } from 'node:fs';
import type { Follow, Hold, LogSource } from './source.ts';

export class KeptFiles implements LogSource {
  readonly #source: LogSource;
  readonly #kept = new Map<number, number>();

  constructor(source: LogSource) {
    this.#source = source;
    const newest = source.newest();
    for (let generation = source.oldest(); generation <= newest; generation++) {
      const fd = source.openFile(generation);
      if (fd !== undefined) this.#kept.set(generation, fd);
    }
  }

  get follow(): Follow | undefined {
    return this.#source.follow;
  }

  oldest(): number {
    return this.#source.oldest();
  }

  newest(): number {
    return this.#source.newest();
  }

  openFile(generation: number): number | undefined {
    const fd = this.#kept.get(generation);
    // A file description of its own, also of a file that has no name any more (proc(5)).
    return fd === undefined ? this.#source.openFile(generation) : openSync(`/proc/self/fd/${fd}`, 'r');
  }

  hold(generation: number): Hold {
    const hold = this.#source.hold(generation);
    return {
      advance: (to) => {
        hold.advance(to);
        this.#close(to);
      },
      release: () => {
        hold.release();
        this.#close(Number.POSITIVE_INFINITY);
      },
    };
  }

  /** Files before this generation. */
  #close(before: number): void {
    for (const [generation, fd] of this.#kept) {
      if (generation >= before) continue;
      this.#kept.delete(generation);
      closeSync(fd);
    }
  }
}
