// What one stage says. While another has the word it waits in memory, and from a megabyte on in a file: nothing is lost, and the stage
// goes on, for who has the word may be waiting for it (for a cache mount, for a place among the steps).
import type { BuildMessage, BuildOutput } from '../build.types.ts';
import type { Overflow } from '../host.types.ts';

const MEMORY = 1024 * 1024;

export class Channel implements BuildOutput {
  readonly #sink: BuildOutput;
  readonly #openOverflow: () => Overflow;
  readonly #onEnd: () => void;
  #waiting: BuildMessage[] = [];
  /** Characters of what waits in memory. */
  #size = 0;
  #overflow: Overflow | undefined;
  #hasWord = false;
  #hasEnded = false;

  constructor(facts: {
    readonly sink: BuildOutput;
    readonly openOverflow: () => Overflow;
    readonly onEnd: () => void;
  }) {
    this.#sink = facts.sink;
    this.#openOverflow = facts.openOverflow;
    this.#onEnd = facts.onEnd;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Throws when what waits cannot be kept. */
  send(message: BuildMessage): Promise<void> | undefined {
    if (this.#hasWord) return this.#sink.send(message);
    this.#keep(message);
    return undefined;
  }

  /** Nothing follows. */
  end(): void {
    this.#hasEnded = true;
    this.#onEnd();
  }

  /** It has the word: what waits is said first. Undefined when it has been. */
  speak(): Promise<void> | undefined {
    for (const message of this.#waiting.splice(0)) this.#sink.send(message);
    if (this.#overflow !== undefined) return this.#catchUp(this.#overflow);
    this.#hasWord = true;
    return undefined;
  }

  close(): void {
    this.#overflow?.close();
    this.#overflow = undefined;
  }

  #keep(message: BuildMessage): void {
    if (this.#overflow === undefined && this.#size < MEMORY) {
      this.#waiting.push(message);
      this.#size += 'stream' in message ? message.stream.length : 0;
      return;
    }
    this.#overflow ??= this.#openOverflow();
    this.#overflow.append(JSON.stringify(message));
  }

  /** It goes on speaking meanwhile: there is no turn of the event loop between the last look and the word. */
  async #catchUp(overflow: Overflow): Promise<void> {
    while (!overflow.isRead) await this.#sink.send(JSON.parse(await overflow.line()) as BuildMessage);
    this.close();
    this.#hasWord = true;
  }
}
