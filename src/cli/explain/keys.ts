// The keys of --step: a terminal in raw mode while a start waits, one key an answer.
import type { ExplainPause, StepAction } from '../../types/explain.ts';
import { TskerError } from '../../util/errors.ts';
import type { Io } from '../io.ts';
import { ellipsis } from '../output/human.ts';

const KEYS = '[Enter] do it  [c] run on  [q] give up    in another terminal: tsker peek';

const CTRL_C = '\x03';
const CTRL_D = '\x04';

const ACTIONS: Readonly<Record<string, StepAction>> = {
  '\r': 'next',
  '\n': 'next',
  ' ': 'next',
  n: 'next',
  c: 'continue',
  q: 'abort',
  [CTRL_C]: 'abort',
  [CTRL_D]: 'abort',
};

export class StepKeys {
  readonly #io: Io;
  /** Typed before they were asked for. */
  #typed: StepAction[] = [];
  #waiting: ((action: StepAction | undefined) => void) | undefined;
  #isOver = false;

  /** Throws when nobody could press a key. */
  constructor(io: Io) {
    if (io.stdin.isTTY !== true || io.stderr.isTTY !== true) {
      throw new TskerError('invalid', 'the input device is not a TTY: --step needs a terminal to wait at', {
        hint: 'without one, use --explain',
      });
    }
    this.#io = io;
    io.stdin.setRawMode?.(true);
    io.stdin.on('data', this.#take);
  }

  /** Shows what comes next and waits. Undefined: the start goes on by itself. */
  async ask({ next, count }: ExplainPause): Promise<StepAction | undefined> {
    if (this.#isOver) return undefined;
    const width = Math.max(20, this.#io.stderr.columns || 80) - 1;
    const lines = [`next ${next.index + 1}/${count}  ${next.call}`, KEYS].map((line) => ellipsis(line, width));
    this.#io.stderr.write(lines.join('\r\n'));
    const action = this.#typed.shift() ?? (await new Promise<StepAction | undefined>((done) => (this.#waiting = done)));
    this.#io.stderr.write('\r\x1b[K\x1b[1A\x1b[K');
    if (action !== 'next') this.#isOver = true;
    return action;
  }

  /** Gives the terminal back. */
  close(): void {
    const { stdin } = this.#io;
    stdin.off('data', this.#take);
    stdin.setRawMode?.(false);
    stdin.pause();
    this.#waiting?.(undefined);
  }

  readonly #take = (chunk: Buffer): void => {
    for (const key of chunk.toString('latin1')) {
      const action = ACTIONS[key];
      if (action === undefined) continue;
      if (this.#waiting === undefined) this.#typed.push(action);
      else this.#waiting(action);
      this.#waiting = undefined;
    }
  };
}
