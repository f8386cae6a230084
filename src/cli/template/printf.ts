// Go's fmt.Sprintf for what templates hold: strings, numbers, booleans, lists and maps. Pure.
import { print } from './value.ts';

const VERB = /%([-+# 0]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;

interface Style {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
}

export function printf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const written = format.replace(VERB, (_, flags: string, width?: string, precision?: string, verb = 'v') => {
    if (verb === '%') return '%';
    if (next >= args.length) return `%!${verb}(MISSING)`;
    const style = {
      flags,
      width: Number(width ?? 0),
      precision: precision === undefined ? undefined : Number(precision),
    };
    return pad(convert(verb, args[next++], style), style);
  });
  const extra = args.slice(next).map((one) => `${goType(one)}=${print(one)}`);
  return extra.length === 0 ? written : `${written}%!(EXTRA ${extra.join(', ')})`;
}

function convert(verb: string, value: unknown, style: Style): string {
  switch (verb) {
    case 'v':
      return print(value);
    case 's':
      if (typeof value === 'number' || typeof value === 'boolean') return wrong(verb, value);
      return [...print(value)].slice(0, style.precision).join('');
    case 'q':
      return typeof value === 'string' ? JSON.stringify(value) : wrong(verb, value);
    case 't':
      return typeof value === 'boolean' ? String(value) : wrong(verb, value);
    case 'T':
      return goType(value);
    case 'x':
    case 'X':
      return hex(verb, value);
    default:
      return typeof value === 'number' ? number(verb, value, style) : wrong(verb, value);
  }
}

function number(verb: string, value: number, { flags, precision }: Style): string {
  const sign = flags.includes('+') && value >= 0 ? '+' : '';
  if (verb === 'd') return sign + String(value);
  if (verb === 'f') return sign + value.toFixed(precision ?? 6);
  if (verb === 'g') return sign + String(precision === undefined ? value : Number(value.toPrecision(precision)));
  if (verb === 'o') return sign + value.toString(8);
  if (verb === 'b') return sign + value.toString(2);
  if (verb === 'c') return String.fromCodePoint(value);
  return wrong(verb, value);
}

function hex(verb: string, value: unknown): string {
  const text = typeof value === 'number' ? value.toString(16) : Buffer.from(print(value)).toString('hex');
  return verb === 'X' ? text.toUpperCase() : text;
}

function pad(text: string, { flags, width }: Style): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0')) return ' '.repeat(missing) + text;
  return text.replace(/^[+-]?/, (sign) => sign + '0'.repeat(missing));
}

function wrong(verb: string, value: unknown): string {
  return `%!${verb}(${goType(value)}=${print(value)})`;
}

function goType(value: unknown): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64';
  if (Array.isArray(value)) return '[]interface {}';
  return value === null || value === undefined ? '<nil>' : 'map[string]interface {}';
}
