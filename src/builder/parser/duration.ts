// Durations as Go's time.ParseDuration reads them, with its messages.
import { goQuote } from '../words/quote.ts';

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const PART = /(\d*)(?:\.(\d*))?([^\d.]*)/y;

/** Nanoseconds; a text says what is wrong. */
export function parseDuration(text: string): number | string {
  const invalid = `time: invalid duration ${goQuote(text)}`;
  const unsigned = /^[+-]/.test(text) ? text.slice(1) : text;
  if (unsigned === '0') return 0;
  if (unsigned === '') return invalid;
  let total = 0;
  for (PART.lastIndex = 0; PART.lastIndex < unsigned.length; ) {
    const [whole, integer = '', fraction = '', unit = ''] = PART.exec(unsigned) ?? [''];
    if (whole === '' || integer + fraction === '') return invalid;
    if (unit === '') return `time: missing unit in duration ${goQuote(text)}`;
    const size = Object.hasOwn(NANOSECONDS, unit) ? NANOSECONDS[unit] : undefined;
    if (size === undefined) return `time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`;
    total += Number(`${integer || '0'}.${fraction || '0'}`) * size;
  }
  if (total > Number(2n ** 63n - 1n)) return invalid;
  const rounded = Math.trunc(total);
  return text.startsWith('-') ? -rounded : rounded;
}
