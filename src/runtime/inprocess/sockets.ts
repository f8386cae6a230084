// The sockets that a network set-up opens in the container's namespace, on their way to the daemon.
import type { Native } from '../../native/native.ts';
import { TskerError } from '../../util/errors.ts';
import type { Descriptors } from './descriptors.ts';

export class SocketArrivals implements Disposable {
  readonly #native: Native;
  readonly #expected: number;
  readonly #socket: number | undefined;
  /** Where the helper finds its end; of no use when nothing is expected. */
  readonly slot: number;

  constructor(native: Native, descriptors: Descriptors, expected: number) {
    this.#native = native;
    this.#expected = expected;
    if (expected === 0) {
      this.slot = 0;
      return;
    }
    const [ours, theirs] = native.socketpair('stream', { nonblock: true });
    this.#socket = ours;
    this.slot = descriptors.give(theirs);
  }

  /** All of them, when the set-up is over; throws when one is missing. */
  take(): readonly number[] {
    const taken: number[] = [];
    while (this.#socket !== undefined && taken.length < this.#expected) {
      const socket = this.#native.receiveFd(this.#socket);
      if (socket === undefined) {
        for (const one of taken) this.#native.close(one);
        throw new TskerError('internal', "a socket of the container's network did not arrive");
      }
      taken.push(socket);
    }
    return taken;
  }

  /** What was not taken is gone with it. */
  [Symbol.dispose](): void {
    if (this.#socket !== undefined) this.#native.close(this.#socket);
  }
}
