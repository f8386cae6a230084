// `$name` and `${name…}`: which value or word takes its place. The table of forms:
//   ${x}  ${x:-w} ${x-w}  ${x:+w} ${x+w}  ${x:?w} ${x?w}  ${x#p} ${x##p}  ${x%p} ${x%%p}  ${x/p/r} ${x//p/r}
import type { TskerError } from '../../util/errors.ts';
import { type Pattern, parsePattern, replacePattern, trimPrefix, trimSuffix } from './pattern.ts';

/** What a substitution needs of the lexer it stands in. */
export interface Nested {
  readonly keepUnset: boolean;
  peek(): string | undefined;
  next(): string | undefined;
  name(): string;
  value(name: string): string | undefined;
  /** Notes names that are not set, for warnings. */
  noteUnset(names: Iterable<string>): void;
  nested(stop: string, missing: string, options: { readonly rawEscapes: boolean }): NestedText;
  error(reason: string): TskerError;
}

/** The word of a form. Not every form uses it, so the unset names in it are noted by whom it serves. */
export interface NestedText {
  readonly text: string;
  readonly unset: Iterable<string>;
}

const NO_BRACE = "syntax error: missing '}'";
const NO_SLASH = `syntax error: missing '/' in \${}`;

/** Stands at the dollar sign, reads past the whole form. */
export function substitute(lexer: Nested): string {
  lexer.next();
  if (lexer.peek() === '{') return substituteBraced(lexer);
  const name = lexer.name();
  if (name === '') return '$';
  return plainValue(lexer, name) ?? (lexer.keepUnset ? `$${name}` : '');
}

function substituteBraced(lexer: Nested): string {
  lexer.next();
  const first = lexer.peek();
  if (first === undefined) throw lexer.error(NO_BRACE);
  if ('{}:'.includes(first)) throw lexer.error('syntax error: bad substitution');
  const name = lexer.name();
  const modifier = lexer.next();
  switch (modifier) {
    case undefined:
      throw lexer.error(NO_BRACE);
    case '}':
      return plainValue(lexer, name) ?? (lexer.keepUnset ? `\${${name}}` : '');
    case ':': {
      const second = lexer.next();
      if (second === undefined) throw lexer.error(NO_BRACE);
      return substituteWord(lexer, { name, operator: second, written: `:${second}`, emptyIsUnset: true });
    }
    case '/':
      return substituteReplaced(lexer, name);
    default:
      return substituteWord(lexer, { name, operator: modifier, written: modifier, emptyIsUnset: false });
  }
}

/** A form without a word for the case that the variable is not set. */
function plainValue(lexer: Nested, name: string): string | undefined {
  const value = lexer.value(name);
  if (value === undefined) lexer.noteUnset([name]);
  return value;
}

interface Modified {
  readonly name: string;
  readonly operator: string;
  readonly written: string;
  /** The form with a colon. */
  readonly emptyIsUnset: boolean;
}

function substituteWord(lexer: Nested, form: Modified): string {
  switch (form.operator) {
    case '-':
    case '+':
    case '?':
      return substituteIfSet(lexer, form);
    case '#':
    case '%':
      return substituteTrimmed(lexer, form);
    default:
      throw lexer.error(`unsupported modifier (${form.written}) in substitution`);
  }
}

function substituteIfSet(lexer: Nested, { name, operator, written, emptyIsUnset }: Modified): string {
  const word = lexer.nested('}', NO_BRACE, { rawEscapes: false });
  const value = lexer.value(name);
  if (value === undefined && lexer.keepUnset) return `\${${name}${written}${word.text}}`;
  const set = value !== undefined && !(emptyIsUnset && value === '');
  if (set && operator !== '+') return value;
  if (!set && operator === '+') return '';
  lexer.noteUnset(word.unset);
  if (operator !== '?') return word.text;
  throw lexer.error(`${name}: ${word.text || `is not allowed to be ${value === undefined ? 'unset' : 'empty'}`}`);
}

/** `##` and `%%` ask for the longest match: the second sign was read as the start of the pattern. */
function substituteTrimmed(lexer: Nested, { name, operator, written }: Modified): string {
  const { text, unset } = lexer.nested('}', NO_BRACE, { rawEscapes: true });
  const value = plainValue(lexer, name);
  lexer.noteUnset(unset);
  if (value === undefined && lexer.keepUnset) return `\${${name}${written}${text}}`;
  const longest = text.startsWith(operator);
  const pattern = patternOf(lexer, longest ? text.slice(1) : text);
  const trim = operator === '#' ? trimPrefix : trimSuffix;
  return orTooLong(lexer, trim(value ?? '', pattern, { longest }));
}

function substituteReplaced(lexer: Nested, name: string): string {
  const all = lexer.peek() === '/';
  if (all) lexer.next();
  const pattern = lexer.nested('/', NO_SLASH, { rawEscapes: true });
  const replacement = lexer.nested('}', NO_BRACE, { rawEscapes: true });
  const value = plainValue(lexer, name);
  lexer.noteUnset([...pattern.unset, ...replacement.unset]);
  if (value === undefined && lexer.keepUnset) {
    return `\${${name}${all ? '//' : '/'}${pattern.text}/${replacement.text}}`;
  }
  const parsed = patternOf(lexer, pattern.text);
  return orTooLong(lexer, replacePattern(value ?? '', parsed, { replacement: replacement.text, all }));
}

function orTooLong(lexer: Nested, text: string | undefined): string {
  if (text === undefined) throw lexer.error('pattern and value are too long');
  return text;
}

function patternOf(lexer: Nested, word: string): Pattern {
  const pattern = parsePattern(word);
  if (typeof pattern !== 'string') return pattern;
  throw lexer.error(`invalid pattern (${word}) in substitution: ${pattern}`);
}
