// The `filters` query parameter of the list, events and prune routes: both of its JSON shapes, and the matching of label
// filters, which all of them share. Pure.
import { TskerError } from '../util/errors.ts';

/** Filter name → the values given, in order; never empty. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/**
 * Reads `{"label":["a=b"]}` and the older `{"label":{"a=b":true}}`; nothing or an empty text is no filter. Throws `invalid`
 * for another shape and for a name that is not in `accepted`.
 */
export function parseFilters(text: string | undefined, accepted: readonly string[]): Filters {
  const filters = new Map<string, readonly string[]>();
  if (text === undefined || text === '') return filters;
  for (const [name, given] of Object.entries(parseObject(text))) {
    if (!accepted.includes(name)) throw new TskerError('invalid', `invalid filter '${name}'`);
    const values = valuesOf(given);
    if (values.length > 0) filters.set(name, values);
  }
  return filters;
}

function parseObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TskerError('invalid', 'invalid filter', { cause });
  }
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new TskerError('invalid', 'invalid filter');
  return value;
}

function valuesOf(given: unknown): string[] {
  if (Array.isArray(given) && given.every((value) => typeof value === 'string')) return given;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TskerError('invalid', 'invalid filter');
  return Object.entries(given).flatMap(([value, wanted]) => (wanted === true ? [value] : []));
}

/** True when every `key` or `key=value` of `wanted` holds for the labels. */
export function matchesLabels(wanted: readonly string[], labels: Readonly<Record<string, string>>): boolean {
  return wanted.every((text) => {
    const equals = text.indexOf('=');
    if (equals < 0) return Object.hasOwn(labels, text);
    const key = text.slice(0, equals);
    return Object.hasOwn(labels, key) && labels[key] === text.slice(equals + 1);
  });
}

/** The one boolean of a filter (`dangling`, `is-task`); throws `invalid` for another word. */
export function booleanFilter(filters: Filters, name: string): boolean | undefined {
  const values = filters.get(name);
  if (values === undefined) return undefined;
  const parsed = new Set(values.map((value) => parseWord(name, value)));
  if (parsed.size !== 1) throw new TskerError('invalid', `invalid filter '${name}=[${values.join(' ')}]'`);
  return parsed.has(true);
}

function parseWord(name: string, value: string): boolean {
  if (value === '1' || value.toLowerCase() === 'true') return true;
  if (value === '0' || value.toLowerCase() === 'false') return false;
  throw new TskerError('invalid', `invalid filter '${name}=[${value}]'`);
}
