// A start that stops before the program: our end of the talk with the helper, which says how far it is by a byte
// (plan/start.ts, plan/process.ts) and whose end is seen as the end of the stream.
import { read, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Native, Spawned } from '../../native/native.ts';
import { TskerError } from '../../util/errors.ts';
import type { Slots } from '../plan/facts.ts';
import type { Hold } from '../runtime.ts';
import type { Descriptors } from './descriptors.ts';

const SIGKILL = 9;
const readSome = promisify(read);

export class Holding implements Disposable {
  readonly #native: Native;
  readonly #hold: Hold;
  readonly #ours: number;
  readonly slots: NonNullable<Slots['hold']>;

  constructor(native: Native, descriptors: Descriptors, hold: Hold) {
    this.#native = native;
    this.#hold = hold;
    const [ours, theirs] = native.socketpair('stream');
    this.#ours = ours;
    this.slots = {
      talk: descriptors.give(theirs),
      gate: descriptors.pass(hold.gate),
      hooks: hold.onBuilt !== undefined,
    };
  }

  /** Resolves when the helper waits at the gate. Call it when our copy of its end is closed. */
  async reached(process: Spawned): Promise<void> {
    if (this.#hold.onBuilt !== undefined) {
      await this.#told(process);
      await this.#hold.onBuilt(process.pid).catch((error: unknown) => {
        process.signal(SIGKILL);
        throw error;
      });
      writeSync(this.#ours, Buffer.of(1));
    }
    await this.#told(process);
  }

  async #told(process: Spawned): Promise<void> {
    const { bytesRead } = await readSome(this.#ours, Buffer.alloc(1), 0, 1, null);
    if (bytesRead > 0) return;
    await process.started;
    throw new TskerError('internal', 'the helper executed its program without waiting');
  }

  [Symbol.dispose](): void {
    this.#native.close(this.#ours);
  }
}
