// A proxy for as long as its port is published: one that ends by itself is started again, each time a little later, and given up when
// it never lives long. Connections wait meanwhile: the daemon has the listening socket too.
import type { Spawned } from '../../native/native.ts';
import { SIGNALS, signalName } from '../../native/signals.ts';
import { messageOf } from '../../util/errors.ts';

const SIGKILL = SIGNALS['SIGKILL'] ?? 9;

export interface KeptProxyOptions {
  /** Of the log: `8080/tcp`. */
  readonly port: string;
  readonly start: () => Spawned;
  readonly warn: (message: string) => void;
  /** Milliseconds before each start after the first; as many ends in a row are borne. */
  readonly delays?: readonly number[];
  /** Milliseconds after which an end is no longer one in a row. */
  readonly steadyAfter?: number;
}

const DELAYS = [100, 200, 400, 800, 1600];
const STEADY_AFTER = 30_000;

export class KeptProxy {
  readonly #options: Required<KeptProxyOptions>;
  #current: Spawned | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  /** How often in a row it did not live long. */
  #failures = 0;

  /** Throws what `start` throws: the first one has to be. */
  constructor({ delays = DELAYS, steadyAfter = STEADY_AFTER, ...options }: KeptProxyOptions) {
    this.#options = { ...options, delays, steadyAfter };
    this.#begin();
  }

  /** Resolves when it is gone, and its descriptor of the port with it. */
  async end(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#current?.signal(SIGKILL);
    await this.#current?.exited;
  }

  #begin(): void {
    const began = performance.now();
    const proxy = this.#options.start();
    this.#current = proxy;
    void this.#outlive(proxy).then((reason) => {
      this.#current = undefined;
      if (this.#isOver) return;
      if (performance.now() - began >= this.#options.steadyAfter) this.#failures = 0;
      this.#beginLater(reason);
    });
  }

  /** Why it is gone: what it could not do, or how it ended. */
  async #outlive(proxy: Spawned): Promise<string> {
    const { code, signal } = await proxy.exited;
    try {
      await proxy.started;
    } catch (error) {
      return `did not start: ${messageOf(error)}`;
    }
    return signal === undefined ? `ended with ${code}` : `was ended by ${signalName(signal)}`;
  }

  #beginLater(reason: string): void {
    const { port, warn, delays } = this.#options;
    const delay = delays[this.#failures];
    this.#failures += 1;
    if (delay === undefined) {
      warn(
        `the proxy of port ${port} ${reason}, ${this.#failures} times in a row: it is not started again, and connections that only it serves (from localhost, say) are not answered until the container is restarted`,
      );
      return;
    }
    warn(`the proxy of port ${port} ${reason}; it is started again`);
    this.#timer = setTimeout(() => this.#beginAgain(), delay);
  }

  #beginAgain(): void {
    try {
      this.#begin();
    } catch (error) {
      this.#beginLater(`did not start: ${messageOf(error)}`);
    }
  }
}
