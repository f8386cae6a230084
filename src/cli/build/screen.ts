// A build on a terminal: a line a step with its time, the last lines of what runs below it, and nothing of that any more once
// the step has ended well. Pure: messages and the time in, text with cursor movements out.
import type { BuildStepMessage } from '../../types/build.ts';
import { humanSize } from '../output/human.ts';
import type { Screen } from '../output/progress.ts';
import type { BuildLine } from './messages.ts';

interface ActiveStep {
  readonly step: BuildStepMessage;
  readonly startedAt: number;
}

/** Lines of output that are shown of a step. */
const SHOWN = 6;
/** Lines that are kept, for when it fails. */
const KEPT = 500;
const NOISE = /^(?:Step \d+\/\d+ : | ---> |Removing intermediate container |Successfully (?:built|tagged) )/;

export class BuildScreen {
  readonly #screen: () => Screen;
  #active: ActiveStep | undefined;
  #output: string[] = [];
  /** What came behind the last line end. */
  #partial = '';
  /** Lines on the terminal that are drawn over. */
  #drawn = 0;

  constructor(screen: () => Screen) {
    this.#screen = screen;
  }

  /** The text for a message that came at `now`, in milliseconds. */
  render({ step, stream, status, id }: BuildLine, now: number): string {
    if (step !== undefined) return step.state === 'started' ? this.#start(step, now) : this.#end(step);
    if (stream !== undefined) return this.#take(stream, now);
    return status === undefined ? '' : this.#take(`${id === undefined ? '' : `${id}: `}${status}\n`, now);
  }

  /** Time goes on. */
  tick(now: number): string {
    return this.#active === undefined ? '' : this.#redraw(now);
  }

  /** The last text: a failed step's output stays. */
  finish(): string {
    const rest = this.#active === undefined ? '' : this.#output.map((line) => `${line}\n`).join('');
    const erased = this.#erase();
    this.#active = undefined;
    return erased + rest;
  }

  #start(step: BuildStepMessage, now: number): string {
    this.#active = { step, startedAt: now };
    this.#output = [];
    this.#partial = '';
    return this.#redraw(now);
  }

  #end(step: BuildStepMessage): string {
    const said = step.state === 'failed' ? this.#allOutput() : '';
    const text = `${this.#erase()}${lineOf(step, this.#screen().columns)}\n${said}`;
    this.#active = undefined;
    this.#output = [];
    return text;
  }

  #allOutput(): string {
    const last = this.#partial === '' ? [] : [this.#partial];
    return [...this.#output, ...last].map((line) => `   | ${line}\n`).join('');
  }

  #take(text: string, now: number): string {
    const lines = (this.#partial + printable(text)).split('\n');
    this.#partial = lines.pop() ?? '';
    const kept = lines.filter((line) => !NOISE.test(line));
    if (this.#active === undefined) return kept.map((line) => `${line}\n`).join('');
    this.#output = [...this.#output, ...kept.filter((line) => line.trim() !== '')].slice(-KEPT);
    return this.#redraw(now);
  }

  #redraw(now: number): string {
    const active = this.#active;
    if (active === undefined) return '';
    const { columns, rows } = this.#screen();
    const elapsed = now - active.startedAt;
    const shown = Math.max(0, Math.min(SHOWN, rows - 3));
    const below = shown === 0 ? [] : this.#output.slice(-shown).map((line) => clip(`   | ${line}`, columns));
    const lines = [lineOf({ ...active.step, milliseconds: elapsed }, columns), ...below];
    const erased = this.#erase();
    this.#drawn = lines.length;
    return `${erased}${lines.join('\n')}\n`;
  }

  #erase(): string {
    const text = this.#drawn === 0 ? '' : `\x1b[${this.#drawn}A\x1b[J`;
    this.#drawn = 0;
    return text;
  }
}

function lineOf(
  { number, total, text, state, milliseconds = 0, size, reason }: BuildStepMessage,
  columns: number,
): string {
  const time = state === 'cached' ? 'cached' : `${(milliseconds / 1000).toFixed(1)}s`;
  const bytes = size === undefined || size === 0 ? '' : ` ${humanSize(size, 3)}`;
  const end = `${state === 'failed' ? ' failed' : ''} ${time}${bytes}`;
  const why = reason === undefined || state === 'started' ? '' : ` (${reason})`;
  const head = `[${number}/${total}] ${printable(text).replaceAll('\n', ' ')}${why}`;
  const room = Math.max(1, columns - 1 - end.length);
  return `${clip(head, room + 1).padEnd(room)}${end}`;
}

function clip(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, Math.max(1, columns - 2))}…`;
}

/** A program's colours and cursor movements would draw over what is not its own. */
function printable(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      .replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, '')
      .replace(/\r\n/g, '\n')
      .replace(/[^\n]*\r/g, '')
      .replaceAll('\t', '    ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the same
      .replace(/[\x00-\x09\x0b-\x1f\x7f]/g, '')
  );
}
