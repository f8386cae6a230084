// White space as Go's unicode.IsSpace sees it, which is what Docker's parser asks; JavaScript's own trim() also takes
// the byte order mark and leaves U+0085. All of it lies in the basic plane, so UTF-16 units can be asked one by one.

const SPACE = /^\p{White_Space}$/u;

export function isSpace(character: string | undefined): boolean {
  if (character === undefined || character === '') return false;
  if (character <= ' ') return character === ' ' || (character >= '\t' && character <= '\r');
  return character >= '\u0085' && SPACE.test(character);
}

/** The first place at or after `at` that is not white space. */
export function skipSpace(text: string, at: number): number {
  let index = at;
  while (index < text.length && isSpace(text[index])) index += 1;
  return index;
}

/** The first place of the white space that ends at `end`, not before `start`. */
export function skipSpaceBack(text: string, start: number, end: number): number {
  let index = end;
  while (index > start && isSpace(text[index - 1])) index -= 1;
  return index;
}

export function trimSpace(text: string): string {
  const start = skipSpace(text, 0);
  return text.slice(start, skipSpaceBack(text, start, text.length));
}
