// The engine's progress stream (pull, load, import) as text: on a terminal a line a layer that is drawn over, elsewhere a
// line for every change of status. Pure: messages in, text with cursor movements out.
import type { ProgressMessage } from '../../types/image.ts';
import { TskerError } from '../../util/errors.ts';
import { progressBar } from './progress-bar.ts';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
}

/** The rate is shown once there is this much to compute it from. */
const RATE_AFTER_MS = 500;

interface Phase {
  readonly status: string;
  readonly startedAt: number;
  readonly startedWith: number;
}

export class ProgressRenderer {
  readonly #screen: Screen | undefined;
  /** Line of each id since the last line that was not progress. */
  readonly #lines = new Map<string, number>();
  readonly #phases = new Map<string, Phase>();

  /** Without a screen the output is no terminal. */
  constructor(screen: Screen | undefined) {
    this.#screen = screen;
  }

  /** The text for a message that came at `now` (milliseconds). Throws the error a message reports. */
  render(message: ProgressMessage, now: number): string {
    const error = message.errorDetail?.message ?? message.error;
    if (error !== undefined) throw new TskerError('internal', error);
    if (message.stream !== undefined) return message.stream;
    if (message.status === undefined) return '';
    if (this.#screen === undefined) return this.#plainLine(message, now);
    if (message.id === undefined || message.progressDetail === undefined) {
      // Whatever is above this line is not ours to draw over any more.
      this.#lines.clear();
      return `${prefixed(message)}\n`;
    }
    return this.#draw(this.#screen, message.id, message, now);
  }

  #plainLine(message: ProgressMessage, now: number): string {
    const { current = 0, total = 0 } = message.progressDetail ?? {};
    if (message.id === undefined) return `${prefixed(message)}\n`;
    const before = this.#phases.get(message.id)?.status;
    this.#enterPhase(message.id, message, now);
    const moving = current > 0 || total > 0;
    return moving || before === message.status ? '' : `${prefixed(message)}\n`;
  }

  #draw(screen: Screen, id: string, message: ProgressMessage, now: number): string {
    const isNew = !this.#lines.has(id);
    if (isNew) this.#lines.set(id, this.#lines.size);
    const up = this.#lines.size - (this.#lines.get(id) ?? 0);
    const opening = isNew ? '\n' : '';
    // A line that has left the screen cannot be reached: the cursor would stop at the top and overwrite another.
    if (up >= screen.rows) return opening;
    const text = this.#progressText(screen, id, message, now).slice(0, Math.max(1, screen.columns - 1));
    return `${opening}\x1b[${up}A\x1b[2K\r${text}\r\x1b[${up}B`;
  }

  #progressText({ columns }: Screen, id: string, message: ProgressMessage, now: number): string {
    const phase = this.#enterPhase(id, message, now);
    const { current = 0, total = 0 } = message.progressDetail ?? {};
    const elapsed = now - phase.startedAt;
    const rate = elapsed < RATE_AFTER_MS ? undefined : ((current - phase.startedWith) / elapsed) * 1000;
    return `${prefixed(message)} ${progressBar({ current, total, rate }, columns)}`;
  }

  /** Rates count from the beginning of a phase: downloading and extracting have their own. */
  #enterPhase(id: string, { status = '', progressDetail }: ProgressMessage, now: number): Phase {
    const earlier = this.#phases.get(id);
    if (earlier?.status === status) return earlier;
    const phase = { status, startedAt: now, startedWith: progressDetail?.current ?? 0 };
    this.#phases.set(id, phase);
    return phase;
  }
}

function prefixed({ id, status = '' }: ProgressMessage): string {
  // What the daemon passes on from a registry must not move the cursor or change the title of the terminal.
  const text = id === undefined ? status : `${id}: ${status}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '');
}
