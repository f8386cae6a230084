// A terminal as audience: words wrapped to its width, claims with a tick or a cross, a key for the next step.
import type { Audience, ToldClaim, ToldLesson, ToldStep } from '../audience.ts';
import type { Block } from '../block.ts';
import type { DemoIo } from '../io.ts';
import { INTERFACE, type Interface } from '../texts/interface.ts';
import { fill, type Language } from '../texts/text.ts';
import { drawBlock } from './blocks.ts';
import { type Painter, painter, wrap } from './style.ts';

/** Columns; longer lines are hard to read at the back of a room. */
const MAX_WIDTH = 100;

export interface TerminalOptions {
  readonly io: DemoIo;
  readonly language: Language;
  readonly coloured: boolean;
  /** Waits for the person; undefined: nobody is waited for. */
  readonly next: ((question: string) => Promise<void>) | undefined;
}

export class TerminalAudience implements Audience {
  readonly #options: TerminalOptions;
  readonly #paint: Painter;
  readonly #words: Interface;
  #steps = 0;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#paint = painter(options.coloured);
    this.#words = INTERFACE[options.language];
  }

  lesson({ number, title, summary, steps }: ToldLesson): void {
    this.#steps = steps;
    const heading = fill(this.#words.lesson, { number, title });
    this.#print('', this.#paint('bold', this.#paint('inverse', ` ${heading} `)), ...wrap(summary, this.#width), '');
  }

  step({ number, title, says, commands }: ToldStep): void {
    this.#print(this.#paint('bold', `${number}/${this.#steps}  ${title}`), '');
    for (const paragraph of says) this.#print(...wrap(paragraph, this.#width), '');
    this.#print(this.#paint('dim', this.#words.alone));
    this.#print(...commands.map((command) => this.#paint('yellow', `  $ ${command}`)), '');
  }

  sight(shown: readonly Block[], claims: readonly ToldClaim[]): void {
    const { roles } = this.#words;
    for (const block of shown) {
      const lines = drawBlock(block, { paint: this.#paint, width: this.#width - 2, roles });
      this.#print(...lines.map((line) => `  ${line}`), '');
    }
    for (const { sentence, holds } of claims) {
      const [first = '', ...rest] = wrap(sentence, this.#width - 4);
      const mark = holds ? this.#paint('green', '✓') : this.#paint('red', `✗ ${this.#words.notSo}`);
      this.#print(`  ${mark} ${first}`, ...rest.map((line) => `    ${line}`));
    }
    this.#print('');
  }

  failure(message: string): void {
    this.#print(this.#paint('red', `  ✗ ${this.#words.failed} ${message}`), '');
  }

  async pause(): Promise<void> {
    await this.#options.next?.(this.#paint('dim', this.#words.next));
  }

  /** A serial console says 0. */
  get #width(): number {
    return Math.min(MAX_WIDTH, this.#options.io.stdout.columns || MAX_WIDTH);
  }

  #print(...lines: readonly string[]): void {
    this.#options.io.stdout.write(`${lines.join('\n')}\n`);
  }
}
