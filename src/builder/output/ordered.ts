// Messages of stages that work at the same time, in the order of the file: the first stage that has not ended speaks at
// once, what the others say waits for their turn.
import type { BuildMessage, BuildOutput } from '../build.types.ts';

export class OrderedOutput {
  readonly #sink: BuildOutput;
  readonly #channels: Channel[] = [];
  #turn = 0;

  constructor(sink: BuildOutput) {
    this.#sink = sink;
  }

  /** In the order in which they are to be heard. */
  open(): Channel {
    const index = this.#channels.length;
    const waiting: BuildMessage[] = [];
    const channel: Channel = {
      waiting,
      ended: false,
      send: (message) => {
        if (index <= this.#turn) this.#sink.send(message);
        else waiting.push(message);
      },
      end: () => {
        channel.ended = true;
        this.#advance();
      },
    };
    this.#channels.push(channel);
    return channel;
  }

  /** What was said by those before `last` and by itself comes out, ended or not: the build has failed there. */
  flushTo(last: Channel): void {
    for (; this.#turn <= this.#channels.indexOf(last); this.#turn += 1) this.#flush();
  }

  #advance(): void {
    while (this.#channels[this.#turn]?.ended === true) {
      this.#turn += 1;
      this.#flush();
    }
  }

  #flush(): void {
    const channel = this.#channels[this.#turn];
    for (const message of channel?.waiting.splice(0) ?? []) this.#sink.send(message);
  }
}

export interface Channel extends BuildOutput {
  readonly waiting: BuildMessage[];
  ended: boolean;
  /** Nothing follows. */
  end(): void;
}
