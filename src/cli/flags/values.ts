// The values of flags, from text, in the spellings that Go's flag library and Docker's units take. Pure; a failure is a
// RangeError whose message says what was expected, and parse.ts names the flag.

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** Go's strconv.ParseBool. */
export function parseBoolean(text: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new RangeError('it is neither true nor false');
}

export function parseInteger(text: string): number {
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value)) throw new RangeError('it is not a whole number');
  return value;
}

/** A plain decimal number (`1.5`). */
export function parseDecimal(text: string): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) throw new RangeError('it is not a number');
  return Number(text);
}

const POWERS: Readonly<Record<string, number>> = { '': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** Bytes with Docker's units, which are powers of 1024 and take `k`, `kb` and `kib` alike (go-units RAMInBytes); -1 passes. */
export function parseBytes(text: string): number {
  if (text === '-1') return -1;
  const parts = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text);
  const value = Number(parts?.[1]) * 1024 ** (POWERS[(parts?.[2] ?? '').toLowerCase()] ?? 0);
  if (parts === null || !Number.isSafeInteger(Math.trunc(value))) throw new RangeError(`invalid size: '${text}'`);
  return Math.trunc(value);
}

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Go's time.ParseDuration (`1h30m`, `250ms`), in nanoseconds. */
export function parseDuration(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0;
  if (!/^((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(rest)) throw new RangeError(`invalid duration: '${text}'`);
  let total = 0;
  for (const [, amount, unit = ''] of rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(amount) * (NANOSECONDS[unit] ?? 0);
  }
  return sign * Math.round(total);
}
