// Splits an argument vector into flags and positional arguments by a flag table, the way Go's pflag does for Docker:
// bundles (`-it`), `--flag=value`, `--flag value`, `-e=A`, `--`, and for run a stop at the first positional argument.
// Pure, and without yargs, whose loading takes longer than a whole `tsker ps` (README.md has the figures).
import { UsageError } from '../usage-error.ts';
import type { FlagSpec, FlagTable, FlagValues } from './spec.ts';
import { parseBoolean, parseBytes, parseDecimal, parseInteger } from './values.ts';

export interface ParseOptions {
  /** Flags may only stand before the first positional argument (`run IMAGE COMMAND -x`: the -x is the command's). */
  readonly flagsFirst?: boolean;
  /** The command's spelling, for the errors. */
  readonly command?: string;
}

export interface ParsedArguments<T extends FlagTable> {
  readonly flags: FlagValues<T>;
  readonly args: readonly string[];
  /** `--help` or `-h` stood among the flags. */
  readonly help: boolean;
}

type Value = boolean | number | string | string[];

/** Throws UsageError for unknown flags, missing values and values of the wrong form. */
export function parseArguments<T extends FlagTable>(
  table: T,
  argv: readonly string[],
  options: ParseOptions = {},
): ParsedArguments<T> {
  const parser = new Parser(table, options.command);
  const args: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--' || (options.flagsFirst === true && !isFlag(word))) {
      args.push(...argv.slice(word === '--' ? at + 1 : at));
      break;
    }
    if (!isFlag(word)) args.push(word);
    else if (word.startsWith('--')) at += parser.takeLong(word.slice(2), argv[at + 1]);
    else at += parser.takeShort(word.slice(1), argv[at + 1]);
  }
  return { flags: parser.values as FlagValues<T>, args, help: parser.help };
}

/** A lone dash is an argument: standard input. */
function isFlag(word: string): boolean {
  return word.startsWith('-') && word !== '-';
}

class Parser {
  readonly values: Record<string, Value> = {};
  help = false;
  readonly #table: FlagTable;
  readonly #command: string | undefined;

  constructor(table: FlagTable, command: string | undefined) {
    this.#table = table;
    this.#command = command;
    for (const [name, spec] of Object.entries(table)) if (spec.kind === 'list') this.values[name] = [];
  }

  /** Takes `name` or `name=value`; answers how many further words it used. */
  takeLong(text: string, next: string | undefined): number {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const found = this.#findLong(name);
    if (found === undefined) {
      if (text !== 'help') throw this.#error(`unknown flag: --${name}`, name);
      this.help = true;
      return 0;
    }
    const alone = bareValue(this.#table[found]);
    if (equals >= 0) this.#set(found, text.slice(equals + 1));
    else if (alone !== undefined) this.values[found] = alone;
    else if (next === undefined) throw this.#error(`flag needs an argument: --${name}`);
    else this.#set(found, next);
    return equals >= 0 || alone !== undefined ? 0 : 1;
  }

  /** Takes a bundle of one-letter flags, the last of which may have a value; answers how many further words it used. */
  takeShort(bundle: string, next: string | undefined): number {
    for (let at = 0; at < bundle.length; at++) {
      const letter = bundle[at] ?? '';
      const rest = bundle.slice(at + 1);
      const name = this.#findShort(letter);
      if (name === undefined) {
        if (letter !== 'h') throw this.#error(`unknown shorthand flag: '${letter}' in -${bundle}`);
        this.help = true;
      } else if (rest.startsWith('=')) {
        this.#set(name, rest.slice(1));
        return 0;
      } else if (bareValue(this.#table[name]) !== undefined) {
        this.values[name] = bareValue(this.#table[name]) ?? true;
      } else if (rest !== '' || next !== undefined) {
        this.#set(name, rest === '' ? (next ?? '') : rest);
        return rest === '' ? 1 : 0;
      } else {
        throw this.#error(`flag needs an argument: '${letter}' in -${bundle}`);
      }
    }
    return 0;
  }

  #error(message: string, unknownFlag?: string): UsageError {
    return new UsageError(message, { command: this.#command, ...(unknownFlag === undefined ? {} : { unknownFlag }) });
  }

  #findLong(name: string): string | undefined {
    if (Object.hasOwn(this.#table, name)) return name;
    for (const [found, spec] of Object.entries(this.#table)) if (spec.alias === name) return found;
    return undefined;
  }

  #findShort(letter: string): string | undefined {
    for (const [name, spec] of Object.entries(this.#table)) if (spec.short === letter) return name;
    return undefined;
  }

  #set(name: string, text: string): void {
    const spec = this.#table[name];
    const earlier = this.values[name];
    if (Array.isArray(earlier)) {
      earlier.push(text);
      return;
    }
    try {
      this.values[name] = convert(spec, text);
    } catch (cause) {
      const shown = spec?.short === undefined ? `--${name}` : `-${spec.short}, --${name}`;
      const why = cause instanceof RangeError ? cause.message : String(cause);
      throw this.#error(`invalid argument ${JSON.stringify(text)} for "${shown}" flag: ${why}`);
    }
  }
}

/** What a flag is when it stands alone; undefined: it needs a value. */
function bareValue(spec: FlagSpec | undefined): Value | undefined {
  return spec?.kind === 'boolean' ? true : spec?.bare;
}

function convert(spec: FlagSpec | undefined, text: string): Value {
  if (spec?.choices !== undefined && !spec.choices.includes(text)) {
    throw new RangeError(`it must be one of ${spec.choices.join(', ')}`);
  }
  switch (spec?.kind) {
    case 'boolean':
      return parseBoolean(text);
    case 'integer':
      return parseInteger(text);
    case 'bytes':
      return parseBytes(text);
    case 'decimal':
      return parseDecimal(text);
    default:
      return text;
  }
}
