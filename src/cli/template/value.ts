// The values a Go template sees in JavaScript's clothes, and Go's rules for truth, printing and comparing them. Pure.

/** The text of a value as Go's `%v` prints it: `[a b]` for lists, `map[k:v]` with sorted keys. */
export function print(value: unknown): string {
  if (value === undefined) return '<no value>';
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(print).join(' ')}]`;
  if (typeof value === 'object') {
    const keys = Object.keys(value).sort();
    return `map[${keys.map((key) => `${key}:${print((value as Record<string, unknown>)[key])}`).join(' ')}]`;
  }
  return String(value);
}

/** Go's truth: zero, empty and nil are false. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Smaller than, equal to, larger than zero; throws for things that have no order. */
export function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  throw new RangeError('incompatible types for comparison');
}

/** Lists and maps as what `range` walks over: key and value. */
export function entriesOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((one, index) => [index, one] as const);
  if (typeof value === 'number') return Array.from({ length: value }, (_, index) => [index, index] as const);
  if (typeof value === 'object') {
    const map = value as Record<string, unknown>;
    return Object.keys(map)
      .sort()
      .map((key) => [key, map[key]] as const);
  }
  throw new RangeError(`range can't iterate over ${print(value)}`);
}
