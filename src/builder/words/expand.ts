// Words as Docker's shell lexer reads them: quotes, the escape character, `$name` and every `${…}` form. One text goes
// in; the text with variables replaced comes out, and the same split at white space that no quotes protect.
import { TskerError } from '../../util/errors.ts';
import { isSpace } from '../parser/space.ts';
import { WordCollector } from './collector.ts';
import { readName } from './name.ts';
import { goQuote } from './quote.ts';
import { type Nested, type NestedText, substitute } from './substitute.ts';

/** The value of a variable; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

export interface ExpandOptions {
  readonly lookup: Lookup;
  /** `\` when not given. */
  readonly escape?: string;
  /** Quotes protect and stay. */
  readonly rawQuotes?: boolean;
  /** Escape characters protect and stay. */
  readonly rawEscapes?: boolean;
  /** A variable that is not set stays as it is written. */
  readonly keepUnset?: boolean;
  /** Quotes are letters like any other: the content of a heredoc. */
  readonly plainQuotes?: boolean;
}

export interface Expansion {
  readonly text: string;
  /** Without empty ones. */
  readonly words: readonly string[];
  /** Names that are not set where the form has no answer for that (`$x`, not `${x:-y}`), in order. */
  readonly unset: readonly string[];
}

/** `${a:-${b:-…}}` deeper than this is refused rather than left to the stack. */
const MAX_DEPTH = 64;
/** What variables may put into one text, in characters: no argument or variable of a Linux program can be as long. */
const MAX_INSERTED = 1 << 20;

/** Throws `invalid`: `failed to process "…": …`. */
export function expand(source: string, options: ExpandOptions): Expansion {
  const lexer = new Lexer(source, options);
  return lexer.read(undefined, options.rawEscapes ?? false);
}

/** Reads one text from front to end; `${…}` reads on recursively through `Nested`. */
class Lexer implements Nested {
  private readonly source: string;
  private readonly options: ExpandOptions;
  private readonly escape: string;
  /** What to complain of when the text ends inside braces, outermost first. */
  private readonly open: string[] = [];
  private at = 0;
  private unset = new Set<string>();
  private inserted = 0;

  constructor(source: string, options: ExpandOptions) {
    this.source = source;
    this.options = options;
    this.escape = options.escape ?? '\\';
  }

  get keepUnset(): boolean {
    return this.options.keepUnset ?? false;
  }

  peek(): string | undefined {
    return this.source[this.at];
  }

  next(): string | undefined {
    const character = this.source[this.at];
    this.at += 1;
    return character;
  }

  name(): string {
    const name = readName(this.source, this.at);
    this.at += name.length;
    return name;
  }

  value(name: string): string | undefined {
    const value = this.options.lookup(name);
    this.inserted += value?.length ?? 0;
    if (this.inserted > MAX_INSERTED) throw this.error('variables make it too long');
    return value;
  }

  noteUnset(names: Iterable<string>): void {
    for (const name of names) this.unset.add(name);
  }

  error(reason: string): TskerError {
    return new TskerError('invalid', `failed to process ${goQuote(this.source)}: ${reason}`);
  }

  /** Inside `${…}`, up to `stop`; `missing` is the complaint when the text ends first. */
  nested(stop: string, missing: string, { rawEscapes }: { readonly rawEscapes: boolean }): NestedText {
    if (this.open.length >= MAX_DEPTH) throw this.error('substitutions are nested too deeply');
    const outside = this.unset;
    this.unset = new Set();
    this.open.push(missing);
    const nested = this.read(stop, rawEscapes);
    this.open.pop();
    this.unset = outside;
    return nested;
  }

  read(stop: string | undefined, rawEscapes: boolean): Expansion {
    const words = new WordCollector();
    const quotes = this.options.plainQuotes ? '' : `'"`;
    for (let character = this.peek(); character !== undefined; character = this.peek()) {
      if (character === stop) {
        this.at += 1;
        return { ...words.end(), unset: [...this.unset] };
      }
      if (character === '$') words.addSplit(substitute(this));
      else if (quotes.includes(character)) words.addWhole(this.quoted(character, rawEscapes));
      else if (character === this.escape) this.escaped(words, rawEscapes);
      else {
        this.at += 1;
        if (isSpace(character)) words.addSpace(character);
        else words.addWhole(character);
      }
    }
    if (stop !== undefined) throw this.unended('');
    return { ...words.end(), unset: [...this.unset] };
  }

  /** The escape character and what it protects; at the end of the text it protects nothing and goes. */
  private escaped(words: WordCollector, rawEscapes: boolean): void {
    this.at += 1;
    if (rawEscapes) words.addWhole(this.escape);
    const character = this.next();
    if (character !== undefined) words.addWhole(character);
  }

  private quoted(quote: string, rawEscapes: boolean): string {
    this.at += 1;
    const text = quote === "'" ? this.singleQuoted() : this.doubleQuoted(rawEscapes);
    this.at += 1;
    return this.options.rawQuotes ? quote + text + quote : text;
  }

  private singleQuoted(): string {
    const end = this.source.indexOf("'", this.at);
    if (end < 0) throw this.unended('single-quote');
    const text = this.source.slice(this.at, end);
    this.at = end;
    return text;
  }

  private doubleQuoted(rawEscapes: boolean): string {
    let text = '';
    for (let character = this.peek(); character !== '"'; character = this.peek()) {
      if (character === undefined) throw this.unended('double-quote');
      if (character === '$') text += substitute(this);
      else {
        this.at += 1;
        text += character === this.escape ? this.escapedInQuotes(rawEscapes) : character;
      }
    }
    return text;
  }

  /** Only what is special between quotes can be escaped there; before anything else the escape character stays. */
  private escapedInQuotes(rawEscapes: boolean): string {
    const character = this.peek();
    if (character === undefined) return '';
    if (character !== '"' && character !== '$' && character !== this.escape) return this.escape;
    this.at += 1;
    return rawEscapes ? this.escape + character : character;
  }

  private unended(quote: string): TskerError {
    this.at = this.source.length;
    return this.error(this.open[0] ?? `unexpected end of statement while looking for matching ${quote}`);
  }
}
