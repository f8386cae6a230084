// Reading query parameters as Docker does: the first value of a repeated name, Go's idea of a boolean, numbers that are
// refused when they are none. Pure.
import { TskerError } from '../util/errors.ts';

/** The parameters of one request's URL. */
export type Query = URLSearchParams;

export function parseQuery(url: string): Query {
  const mark = url.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
}

/** Undefined when missing or empty. */
export function textOf(query: Query, name: string): string | undefined {
  const value = query.get(name);
  return value === null || value === '' ? undefined : value;
}

/** httputils.BoolValue of moby: false for nothing, `0`, `no`, `false` and `none`, true for anything else. */
export function flagOf(query: Query, name: string): boolean {
  const value = (query.get(name) ?? '').trim().toLowerCase();
  return !['', '0', 'no', 'false', 'none'].includes(value);
}

/** As flagOf, with a default for a missing parameter. */
export function flagOr(query: Query, name: string, fallback: boolean): boolean {
  return query.has(name) ? flagOf(query, name) : fallback;
}

/** Undefined when missing or empty; throws `invalid` when it is not a whole number. */
export function integerOf(query: Query, name: string): number | undefined {
  const value = textOf(query, name);
  if (value === undefined) return undefined;
  return parseInteger(value);
}

/** Throws `invalid` when it is missing as well. */
function requiredInteger(query: Query, name: string): number {
  return parseInteger(query.get(name) ?? '');
}

const TERMINAL_MAX = 65_535;

/** `h` and `w`, of a terminal. Throws `invalid` for what is no size. */
export function terminalSizeOf(query: Query): { readonly rows: number; readonly columns: number } {
  const [rows, columns] = [requiredInteger(query, 'h'), requiredInteger(query, 'w')];
  if (Math.min(rows, columns) >= 0 && Math.max(rows, columns) <= TERMINAL_MAX) return { rows, columns };
  throw new TskerError('invalid', `invalid terminal size ${rows}x${columns}`);
}

function parseInteger(value: string): number {
  const number = /^[+-]?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) {
    throw new TskerError('invalid', `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  return number;
}
