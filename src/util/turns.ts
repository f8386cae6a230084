// One caller in each turn of the event loop, in the order in which they came: what takes a few milliseconds each may be asked for
// fifty times at once, and others wait for their turn meanwhile.

export class Turns {
  #taken = false;
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it is the caller's turn: at once when nobody else has this one. */
  take(): Promise<void> {
    if (this.#taken) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      return promise;
    }
    this.#begin();
    return Promise.resolve();
  }

  #begin(): void {
    this.#taken = true;
    setImmediate(() => {
      this.#taken = false;
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#begin();
      next();
    });
  }
}
