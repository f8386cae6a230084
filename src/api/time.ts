// Times in query parameters (`since`, `until`): epoch seconds with a fraction, RFC 3339, or a Go duration back from now. Pure
// but for the clock it is given.
import { TskerError } from '../util/errors.ts';

const NANO = 1_000_000_000n;
const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: NANO,
  m: 60n * NANO,
  h: 3600n * NANO,
};

/** Epoch nanoseconds; undefined for nothing, an empty text and 0. Throws `invalid` for what is no time. */
export function parseTime(text: string | undefined, now: () => number = Date.now): bigint | undefined {
  if (text === undefined || text === '') return undefined;
  const nanoseconds = parseEpoch(text) ?? parseDuration(text, now) ?? parseDate(text);
  if (nanoseconds === undefined)
    throw new TskerError('invalid', `failed to parse value as time or duration: "${text}"`);
  return nanoseconds === 0n ? undefined : nanoseconds;
}

function parseEpoch(text: string): bigint | undefined {
  const match = /^(-?\d{1,12})(?:\.(\d{1,9})\d*)?$/.exec(text);
  if (match === null) return undefined;
  const seconds = BigInt(match[1] ?? '0') * NANO;
  const fraction = BigInt((match[2] ?? '').padEnd(9, '0'));
  return text.startsWith('-') ? seconds - fraction : seconds + fraction;
}

function parseDuration(text: string, now: () => number): bigint | undefined {
  if (!/^(?:\d{1,12}(?:\.\d{1,9})?(?:ns|us|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0n;
  for (const [, whole = '0', fraction = '', unit = 's'] of text.matchAll(/(\d+)(?:\.(\d+))?(ns|us|ms|s|m|h)/g)) {
    const scale = UNITS[unit] ?? NANO;
    total += BigInt(whole) * scale + (BigInt(fraction.padEnd(9, '0')) * scale) / NANO;
  }
  return BigInt(now()) * 1_000_000n - total;
}

function parseDate(text: string): bigint | undefined {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const fraction = /\.(\d{1,9})/.exec(text);
  const milliseconds = Date.parse(fraction === null ? text : text.replace(/\.\d+/, ''));
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt((fraction?.[1] ?? '').padEnd(9, '0'));
}
