// Which lines of a log a client wants: streams, and a span of time. Pure.
import type { LogLine } from '../../../types/container.ts';
import { parseTimestamp } from '../../clock.ts';

export interface Selection {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Epoch nanoseconds, both inclusive. */
  readonly since: bigint | undefined;
  readonly until: bigint | undefined;
}

/** The length of a time with nine digits: such texts are in the order of their times. */
const FIXED = 30;

/** Judges a line by its stream, and its time by comparing texts where that will do. */
export class LineFilter {
  readonly #selection: Selection;
  readonly #since: string | undefined;
  readonly #until: string | undefined;

  constructor(selection: Selection) {
    this.#selection = selection;
    this.#since = selection.since === undefined ? undefined : fixedTime(selection.since);
    this.#until = selection.until === undefined ? undefined : fixedTime(selection.until);
  }

  select(lines: readonly LogLine[]): readonly LogLine[] {
    const { stdout, stderr, since, until } = this.#selection;
    if (stdout && stderr && since === undefined && until === undefined) return lines;
    return lines.filter(
      (line) => (line.stream === 'stdout' ? stdout : stderr) && !this.#isEarly(line) && !this.isLate(line),
    );
  }

  /** Behind the end of the span, as are all that follow. */
  isLate({ time }: LogLine): boolean {
    if (this.#until === undefined) return false;
    return time.length === FIXED ? time > this.#until : nanoseconds(time) > (this.#selection.until ?? 0n);
  }

  #isEarly({ time }: LogLine): boolean {
    if (this.#since === undefined) return false;
    return time.length === FIXED ? time < this.#since : nanoseconds(time) < (this.#selection.since ?? 0n);
  }
}

/** RFC 3339 in UTC with nine digits, for years of four. */
export function fixedTime(time: bigint): string {
  const seconds = Number(time / 1_000_000_000n);
  const whole = new Date(Math.min(Math.max(seconds, 0), 253_402_300_799) * 1000).toISOString().slice(0, 19);
  return `${whole}.${String(time % 1_000_000_000n).padStart(9, '0')}Z`;
}

/** A damaged time is the oldest. */
function nanoseconds(time: string): bigint {
  try {
    return parseTimestamp(time);
  } catch {
    return 0n;
  }
}
