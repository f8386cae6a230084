// Layers that a pull, load or import in flight counts on, though no image names them yet. Releases of chains that are
// held wait for the end of the hold; everybody who releases image layers does it here.
import type { LayerStore } from '../layer/store.types.ts';

export interface Hold {
  /** Ends the hold; then releases what was waiting for it. Ending twice is allowed. */
  end(): Promise<void>;
}

export class LayerHolds {
  readonly #layers: Pick<LayerStore, 'get' | 'release'>;
  readonly #held = new Map<string, number>();
  readonly #waiting = new Set<string>();

  constructor(layers: Pick<LayerStore, 'get' | 'release'>) {
    this.#layers = layers;
  }

  /** Keeps the chains from being removed, whether they exist already or not. */
  hold(chainIds: readonly string[]): Hold {
    for (const id of chainIds) this.#held.set(id, (this.#held.get(id) ?? 0) + 1);
    let ended = false;
    return {
      end: async () => {
        if (ended) return;
        ended = true;
        for (const id of chainIds) this.#drop(id);
        await this.#releaseWaiting();
      },
    };
  }

  /** Whether somebody in flight named exactly this chain. */
  isHeld(chainId: string): boolean {
    return this.#held.has(chainId);
  }

  /** Removes the chain's layers that nothing needs, now or when nobody holds them any more. */
  async release(chainId: string): Promise<void> {
    if (this.#isNeeded(chainId)) this.#waiting.add(chainId);
    else await this.#layers.release(chainId);
  }

  #drop(id: string): void {
    const count = (this.#held.get(id) ?? 0) - 1;
    if (count > 0) this.#held.set(id, count);
    else this.#held.delete(id);
  }

  /** A release walks down to the base, so any held layer on the way holds it. */
  #isNeeded(chainId: string): boolean {
    if (this.#held.size === 0) return false;
    for (let id: string | undefined = chainId; id !== undefined; id = this.#layers.get(id)?.parent) {
      if (this.#held.has(id)) return true;
    }
    return false;
  }

  async #releaseWaiting(): Promise<void> {
    const free = [...this.#waiting].filter((id) => !this.#isNeeded(id));
    for (const id of free) this.#waiting.delete(id);
    for (const id of free) await this.#layers.release(id);
  }
}
