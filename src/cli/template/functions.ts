// The functions of Go's text/template and those Docker adds for `--format`. Pure; a RangeError says what is wrong.
import { printf } from './printf.ts';
import { compare, isTrue, print } from './value.ts';

export type TemplateFunction = (...args: readonly unknown[]) => unknown;

export const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  // text/template
  not: (value) => !isTrue(value),
  eq: (first, ...others) => others.some((other) => isEqual(first, other)),
  ne: (a, b) => !isEqual(a, b),
  lt: (a, b) => compare(a, b) < 0,
  le: (a, b) => compare(a, b) <= 0,
  gt: (a, b) => compare(a, b) > 0,
  ge: (a, b) => compare(a, b) >= 0,
  len: (value) => lengthOf(value),
  index: (value, ...keys) => keys.reduce(indexOnce, value),
  slice: (value, start, end) => slice(value, start, end),
  print: (...args) => args.map(print).join(''),
  println: (...args) => `${args.map(print).join(' ')}\n`,
  printf: (format, ...args) => printf(text(format), args),
  urlquery: (...args) => encodeURIComponent(args.map(print).join('')),
  html: (...args) => escapeHtml(args.map(print).join('')),
  js: (...args) => JSON.stringify(args.map(print).join('')).slice(1, -1),
  // docker/cli templates
  json: (value) => toJson(value ?? null),
  join: (list, separator) => listOf(list).map(print).join(text(separator)),
  split: (value, separator) => text(value).split(text(separator)),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  title: (value) => text(value).replace(/(?<![\p{L}\p{N}_'])\p{L}/gu, (letter) => letter.toUpperCase()),
  pad: (value, before, after) => `${' '.repeat(count(before))}${text(value)}${' '.repeat(count(after))}`,
  truncate: (value, length) => text(value).slice(0, count(length)),
};

/** Whole numbers beyond 2^53 (an event's timeNano) keep their digits. */
function toJson(value: unknown): string {
  const digits: string[] = [];
  const text = JSON.stringify(value, (_key, one: unknown) => {
    if (typeof one !== 'bigint') return one;
    // No text of the daemon's holds a NUL: the mark is ours.
    return `\0${digits.push(String(one)) - 1}`;
  });
  return digits.length === 0 ? text : text.replace(/"\\u0000(\d+)"/g, (mark, at: string) => digits[Number(at)] ?? mark);
}

function isEqual(a: unknown, b: unknown): boolean {
  if (typeof a === 'object' && a !== null) throw new RangeError('incompatible types for comparison');
  if (typeof a !== typeof b && a !== null && b !== null && a !== undefined && b !== undefined) {
    throw new RangeError('incompatible types for comparison');
  }
  return a === b;
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (value === null || value === undefined) return 0;
  if (typeof value === 'object') return Object.keys(value).length;
  throw new RangeError(`len of type ${typeof value}`);
}

function indexOnce(value: unknown, key: unknown): unknown {
  if (value === null || value === undefined) throw new RangeError('index of untyped nil');
  if (Array.isArray(value) || typeof value === 'string') {
    if (typeof key !== 'number') throw new RangeError(`cannot index a list with ${print(key)}`);
    if (key < 0 || key >= value.length) throw new RangeError(`index out of range: ${key}`);
    return typeof value === 'string' ? Buffer.from(value)[key] : value[key];
  }
  if (typeof value !== 'object') throw new RangeError(`can't index item of type ${typeof value}`);
  const name = String(key);
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function slice(value: unknown, start: unknown = 0, end?: unknown): unknown {
  if (typeof value !== 'string' && !Array.isArray(value))
    throw new RangeError(`can't slice item of type ${typeof value}`);
  const last = end === undefined ? value.length : count(end);
  if (count(start) > last || last > value.length) throw new RangeError(`index out of range: ${last}`);
  return value.slice(count(start), last);
}

function listOf(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new RangeError(`expected a list, not ${print(value)}`);
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new RangeError(`expected a string, not ${print(value)}`);
  return value;
}

function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw new RangeError(`expected a whole number, not ${print(value)}`);
  }
  return value;
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };

function escapeHtml(value: string): string {
  return value.replace(/[&<>"']/g, (letter) => HTML[letter] ?? letter);
}
