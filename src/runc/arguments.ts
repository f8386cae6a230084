// runc's command line syntax as its users write it: options with one dash or two, their values after `=` or in the next word,
// before or after the other words. Pure; which options there are is table.ts'.
import { TskerError } from '../util/errors.ts';

export interface Flag {
  /** The long name first, then a letter. */
  readonly names: readonly string[];
  /** What a value is; absent: the flag has none. Of a `list` there may be several. */
  readonly value?: 'text' | 'list' | 'number' | 'duration';
  readonly usage: string;
}

export class Options {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.get(name)?.at(-1) === 'true';
  }

  /** The last one wins; undefined when it was not given. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }
}

export interface Parsed {
  readonly options: Options;
  readonly words: readonly string[];
}

/** `words`: options may stand among them; `program`: the first word that is no option ends the options. */
export function parseArguments(argv: readonly string[], flags: readonly Flag[], order: 'words' | 'program'): Parsed {
  const values = new Map<string, string[]>();
  const words: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--' || (order === 'program' && !isOption(word))) {
      words.push(...argv.slice(word === '--' ? at + 1 : at));
      break;
    }
    if (!isOption(word)) {
      words.push(word);
      continue;
    }
    const [name = '', inline] = splitOption(word);
    const flag = flags.find(({ names }) => names.includes(name));
    if (flag === undefined) throw new TskerError('invalid', `flag provided but not defined: -${name}`);
    const given = inline ?? (flag.value === undefined ? 'true' : argv[++at]);
    if (given === undefined) throw new TskerError('invalid', `flag needs an argument: -${name}`);
    check(flag, name, given);
    const key = flag.names[0] ?? name;
    values.set(key, [...(values.get(key) ?? []), given]);
  }
  return { options: new Options(values), words };
}

function isOption(word: string): boolean {
  return word.startsWith('-') && word !== '-';
}

function splitOption(word: string): [name: string, value: string | undefined] {
  const text = word.replace(/^--?/, '');
  const equals = text.indexOf('=');
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}

function check({ value }: Flag, name: string, given: string): void {
  if (value === undefined && !/^(true|false)$/.test(given)) {
    throw new TskerError('invalid', `invalid boolean value "${given}" for -${name}: parse error`);
  }
  if (value === 'number' && !/^-?\d+$/.test(given)) {
    throw new TskerError('invalid', `invalid value "${given}" for flag -${name}: parse error`);
  }
  if (value === 'duration' && parseDuration(given) === undefined) {
    throw new TskerError('invalid', `invalid value "${given}" for flag -${name}: parse error`);
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1m30s` in milliseconds; undefined for what is no duration of Go. */
export function parseDuration(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? 0), 0);
}
