// Turns of the event loop, for what takes milliseconds of it and may be asked for fifty times at once: some go on in this turn
// of the loop, as long as there is room in it, the others in the next ones, and whatever else is to be done is done between them.
// Nobody holds a turn: it ends by itself, so whoever waits for one may have anything else in hand and nothing locks up.

/** Milliseconds, after which nobody else goes on in a turn of the loop. */
const ROOM = 5;

export class Turns {
  readonly #room: number;
  /** When somebody first went on in this turn of the loop. */
  #since: number | undefined;
  readonly #begun: (() => void)[] = [];
  readonly #new: (() => void)[] = [];
  /** One goes on just now. */
  #isLetting = false;

  constructor({ room = ROOM }: { readonly room?: number } = {}) {
    this.#room = room;
  }

  /** For something new: after all that waits. Resolves in the caller's turn. */
  take(): Promise<void> {
    return this.#wait(this.#new);
  }

  /** For going on with what began with a turn, before everything new: that what has begun ends is in nobody's way for ever. */
  goOn(): Promise<void> {
    return this.#wait(this.#begun);
  }

  #wait(line: (() => void)[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    line.push(resolve);
    if (!this.#isLetting) this.#letGo();
    return promise;
  }

  /**
   * The next of them, as long as there is room. How much the one before needed is known when it waits for something outside: when
   * no microtask is left, for what it awaits may be there already. The first microtask is its own, the tick comes after the last.
   */
  #letGo(): void {
    this.#isLetting = false;
    if (this.#begun.length + this.#new.length === 0 || !this.#hasRoom()) return;
    const next = this.#begun.shift() ?? this.#new.shift();
    next?.();
    this.#isLetting = true;
    queueMicrotask(() => process.nextTick(() => this.#letGo()));
  }

  #hasRoom(): boolean {
    const now = performance.now();
    if (this.#since !== undefined) return now - this.#since < this.#room;
    this.#since = now;
    setImmediate(() => {
      this.#since = undefined;
      this.#letGo();
    });
    return true;
  }
}
