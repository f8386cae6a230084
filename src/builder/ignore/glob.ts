// One pattern of a .dockerignore as a list of tokens: Go's filepath.Match, and `**` for any number of directories.
import { TskerError } from '../../util/errors.ts';

export type Token =
  | { readonly kind: 'letter'; readonly letter: string }
  /** `?`: one character but a slash. */
  | { readonly kind: 'one' }
  /** `*`: any number of them. */
  | { readonly kind: 'many' }
  /** `[a-z]`; a slash is a character like any other here. */
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] }
  /** `**` before something: nothing, or anything that ends in a slash. */
  | { readonly kind: 'directories' }
  /** `**` at the end: anything. */
  | { readonly kind: 'rest' };

/** Throws `syntax error in pattern`. */
export function parseGlob(pattern: string): readonly Token[] {
  const letters = [...pattern];
  const tokens: Token[] = [];
  for (let at = 0; at < letters.length; at += 1) {
    const letter = letters[at] ?? '';
    if (letter === '*' && letters[at + 1] === '*') {
      at += letters[at + 2] === '/' ? 2 : 1;
      const kind = at + 1 >= letters.length ? 'rest' : 'directories';
      // Twice in a row means what it means once.
      if (tokens.at(-1)?.kind !== kind) tokens.push({ kind });
    } else if (letter === '*') tokens.push({ kind: 'many' });
    else if (letter === '?') tokens.push({ kind: 'one' });
    else if (letter === '[') {
      const { token, end } = readClass(letters, { start: at + 1, pattern });
      tokens.push(token);
      at = end;
    } else if (letter === '\\') {
      at += 1;
      tokens.push({ kind: 'letter', letter: letters[at] ?? badPattern(pattern) });
    } else tokens.push({ kind: 'letter', letter });
  }
  return tokens;
}

/** From behind the opening bracket; `end` is the place of the closing one. */
function readClass(
  letters: readonly string[],
  { start, pattern }: { readonly start: number; readonly pattern: string },
): { readonly token: Token; readonly end: number } {
  const negated = letters[start] === '^';
  const ranges: (readonly [string, string])[] = [];
  let at = negated ? start + 1 : start;
  const read = (): string => {
    let letter = letters[at];
    if (letter === '-' || letter === ']') letter = undefined;
    else if (letter === '\\') {
      at += 1;
      letter = letters[at];
    }
    at += 1;
    return letter ?? badPattern(pattern);
  };
  while (letters[at] !== ']' || ranges.length === 0) {
    const low = read();
    let high = low;
    if (letters[at] === '-') {
      at += 1;
      high = read();
    }
    if (codeOf(low) > codeOf(high)) badPattern(pattern);
    ranges.push([low, high]);
  }
  return { token: { kind: 'class', negated, ranges }, end: at };
}

export function isInClass(token: Token & { readonly kind: 'class' }, letter: string): boolean {
  const code = codeOf(letter);
  return token.negated !== token.ranges.some(([low, high]) => codeOf(low) <= code && code <= codeOf(high));
}

function codeOf(letter: string): number {
  return letter.codePointAt(0) ?? 0;
}

function badPattern(pattern: string): never {
  throw new TskerError('invalid', 'syntax error in pattern', { hint: `the pattern is ${pattern}` });
}
