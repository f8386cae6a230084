// The engine's time: epoch nanoseconds that never repeat or go back, so that events keep their order, and RFC 3339 as Go
// writes it.

/** Epoch nanoseconds, larger with each call. */
export type Clock = () => bigint;

/** Go's zero time: what the API says for "never". */
export const ZERO_TIME = '0001-01-01T00:00:00Z';

const MILLISECOND = 1_000_000n;
/** Two times stay different as JavaScript numbers, too: at this size those are 256 ns apart. */
const STEP = 1000n;

export interface ClockSources {
  /** Epoch milliseconds. */
  readonly wall: () => number;
  /** Nanoseconds since whenever. */
  readonly monotonic: () => bigint;
}

/** The wall clock's milliseconds with a finer fraction; it follows the wall clock forwards and waits for it otherwise. */
export function createClock(
  { wall, monotonic }: ClockSources = { wall: Date.now, monotonic: process.hrtime.bigint },
): Clock {
  let last = 0n;
  let offset = 0n;
  return () => {
    const start = BigInt(wall()) * MILLISECOND;
    const ticks = monotonic();
    const fine = ticks + offset;
    const time = fine < start || fine >= start + MILLISECOND ? start : fine;
    offset = time - ticks;
    last = time > last ? time : last + STEP;
    return last;
  };
}

/** RFC 3339 in UTC, the fraction without zeros at its end (Go's RFC3339Nano). */
export function formatTime(nanoseconds: bigint): string {
  const whole = new Date(Number(nanoseconds / MILLISECOND)).toISOString().slice(0, 19);
  const fraction = String(nanoseconds % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** Epoch nanoseconds of a time this engine or the log pump wrote; 0 for ZERO_TIME. Throws RangeError for another text. */
export function parseTimestamp(text: string): bigint {
  if (text === ZERO_TIME) return 0n;
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text);
  const seconds = Date.parse(`${match?.[1]}Z`);
  if (match === null || Number.isNaN(seconds)) throw new RangeError(`not a time: ${text}`);
  return BigInt(seconds) * MILLISECOND + BigInt((match[2] ?? '').padEnd(9, '0'));
}
