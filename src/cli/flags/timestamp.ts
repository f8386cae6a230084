// `--since` and `--until`: a moment as RFC 3339, as epoch seconds, or as a time ago (`10m`), to what the API takes. Pure.
import { TskerError } from '../../util/errors.ts';
import { parseDuration } from './values.ts';

const RFC_3339 = /^(\d{4}-\d\d-\d\d)(?:T(\d\d(?::\d\d(?::\d\d(\.\d{1,9})?)?)?)(Z|[+-]\d\d:\d\d)?)?Z?$/;

/** Epoch seconds with nine decimals; the local zone where none is written, as with Docker. */
export function parseTimestamp(text: string, nowMilliseconds: number): string {
  if (/^-?\d+(\.\d{1,9})?$/.test(text)) return text;
  const parts = RFC_3339.exec(text);
  if (parts !== null) return fromDate(parts, text);
  try {
    return seconds(nowMilliseconds - parseDuration(text) / 1e6, '');
  } catch (error) {
    throw error instanceof RangeError ? invalid(text) : error;
  }
}

function fromDate([, day = '', time = '', fraction = '', zone = '']: readonly string[], text: string): string {
  const clock = time === '' ? '00:00:00' : `${time.replace(/\..*/, '')}:00:00`.slice(0, 8);
  const offset = zone === '' && text.endsWith('Z') ? 'Z' : zone;
  const milliseconds = Date.parse(`${day}T${clock}${offset}`);
  if (Number.isNaN(milliseconds)) throw invalid(text);
  return seconds(milliseconds, fraction);
}

/** Milliseconds, and a fraction of a second (`.123456789`) to the nanosecond that a number could not hold. */
function seconds(milliseconds: number, fraction: string): string {
  if (fraction !== '') return `${Math.floor(milliseconds / 1000)}.${fraction.slice(1).padEnd(9, '0')}`;
  const whole = Math.floor(milliseconds / 1000);
  const rest = Math.round((milliseconds - whole * 1000) * 1e6);
  return `${whole}.${String(rest).padStart(9, '0')}`;
}

function invalid(text: string): TskerError {
  return new TskerError('invalid', `invalid time ${JSON.stringify(text)}`, {
    hint: 'times look like 2025-01-31T12:00:00Z, 1738324800, or 10m for ten minutes ago',
  });
}
