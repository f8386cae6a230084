// One action at a time for a name, in the order in which they were asked for; different names do not wait for each other.

export class KeyedMutex {
  readonly #last = new Map<string, Promise<unknown>>();

  async run<T>(key: string, action: () => Promise<T> | T): Promise<T> {
    const before = this.#last.get(key);
    const mine = (async (): Promise<T> => {
      // Its failure is its own caller's.
      await before?.catch(() => undefined);
      return await action();
    })();
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
