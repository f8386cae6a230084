// Messages of stages that work at the same time, in the order of the file: the first stage that has not ended has the word, the
// others wait for their turn.
import type { BuildOutput } from '../build.types.ts';
import type { Overflow } from '../host.types.ts';
import { Channel } from './channel.ts';

export class OrderedOutput implements Disposable {
  readonly #sink: BuildOutput;
  readonly #openOverflow: () => Overflow;
  readonly #channels: Channel[] = [];
  /** Of the channel that has the word. */
  #turn = -1;
  /** The build has failed there: the word goes on to it, whoever has not ended. */
  #last = -1;
  /** While one catches up with what it has said. */
  #catchingUp: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(sink: BuildOutput, openOverflow: () => Overflow) {
    this.#sink = sink;
    this.#openOverflow = openOverflow;
  }

  /** In the order in which they are to be heard. */
  open(): Channel {
    const channel = new Channel({
      sink: this.#sink,
      openOverflow: this.#openOverflow,
      onEnd: () => this.#advance(),
    });
    this.#channels.push(channel);
    this.#advance();
    return channel;
  }

  /** What was said by those before `last` and by itself comes out, ended or not: the build has failed there. */
  flushTo(last: Channel): void {
    this.#last = this.#channels.indexOf(last);
    this.#advance();
  }

  /** Resolves when all has been said of those who have had their turn. */
  async settled(): Promise<void> {
    while (this.#catchingUp !== undefined) await this.#catchingUp;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  [Symbol.dispose](): void {
    for (const channel of this.#channels) channel.close();
  }

  #advance(): void {
    while (this.#catchingUp === undefined && this.#isDone(this.#turn)) {
      const next = this.#channels[this.#turn + 1];
      if (next === undefined) return;
      this.#turn += 1;
      this.#catchingUp = next
        .speak()
        ?.catch((error: unknown) => {
          this.#failure ??= { error };
        })
        .finally(() => {
          this.#catchingUp = undefined;
          this.#advance();
        });
    }
  }

  #isDone(turn: number): boolean {
    return turn < this.#last || (this.#channels[turn]?.hasEnded ?? true);
  }
}
