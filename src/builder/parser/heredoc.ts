// Heredocs: `<<EOF`, `<< EOF`, `<<-EOF`, `<<"EOF"`, several on a line. A word of the line announces one, its lines follow
// the line. As in BuildKit the announcement is a word of its own: `cat<<EOF` is none.

import { TskerError } from '../../util/errors.ts';
import { expand } from '../words/expand.ts';
import { syntaxError } from './error.ts';
import type { Line, LineReader } from './line.ts';
import type { Range } from './position.ts';
import type { SourceLine } from './source.ts';

/** What stands in the line. */
export interface HeredocMark {
  /** The word that ends it; also the name of the file that COPY makes of it. */
  readonly name: string;
  /** The descriptor in front, `3<<EOF`; 0 without one. */
  readonly descriptor: number;
  /** False when the name was quoted: variables stay as they are. */
  readonly expand: boolean;
  /** `<<-`: tabs in front of lines are dropped. */
  readonly chomp: boolean;
}

export interface Heredoc extends HeredocMark {
  /** The lines as they were written, line ends included, tabs too. */
  readonly content: string;
  readonly range: Range;
}

const MARK = /^(\d*)<<(-?)\s*([^<]+)$/;
/** The name follows as the next word. */
const OPEN_MARK = /^\d*<<-?$/;

/** The heredoc that a word announces, if it does. */
export function readMark(word: string): HeredocMark | undefined {
  const match = MARK.exec(word);
  if (match === null) return undefined;
  const [, digits = '', dash, rest = ''] = match;
  const plain = shellWords(rest);
  const name = plain[0];
  if (plain.length !== 1 || name === undefined) return undefined;
  const quoted = countQuotes(shellWords(rest, 'raw quotes')[0] ?? '') !== countQuotes(name);
  return { name, descriptor: Number(digits), expand: !quoted, chomp: dash === '-' };
}

/** A mark that stands in a line. */
interface FoundMark {
  readonly mark: HeredocMark;
  /** There is white space before the name: it could be a shift as well, `$((1 << 2))`. */
  readonly spaced: boolean;
}

/** A line that is no proper shell (an open quote) announces nothing. */
export function findMarks(text: string): readonly FoundMark[] {
  if (!text.includes('<<')) return [];
  return joinMarks(shellWords(text, 'all raw'), (open, name) => `${open} ${name}`).flatMap((word) => {
    const mark = readMark(word);
    return mark === undefined ? [] : [{ mark, spaced: word.includes(' ') }];
  });
}

/** Puts a mark and the name behind it into one word. */
export function joinMarks<Item extends string | { readonly text: string }>(
  words: readonly Item[],
  join: (open: Item, name: Item) => Item,
): readonly Item[] {
  const joined: Item[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    const next = words[at + 1];
    if (word === undefined) continue;
    const isOpen = next !== undefined && OPEN_MARK.test(typeof word === 'string' ? word : word.text);
    joined.push(isOpen ? join(word, next) : word);
    if (isOpen) at += 1;
  }
  return joined;
}

function shellWords(text: string, mode?: 'raw quotes' | 'all raw'): readonly string[] {
  try {
    return expand(text, {
      lookup: () => undefined,
      keepUnset: true,
      rawQuotes: mode !== undefined,
      rawEscapes: mode === 'all raw',
    }).words;
  } catch (error) {
    if (error instanceof TskerError) return [];
    throw error;
  }
}

function countQuotes(word: string): number {
  return word.split(/['"]/).length - 1;
}

/** Reads the lines of the heredocs that a line announces, in order. Throws `unterminated heredoc`. */
export function readHeredocs(marks: readonly FoundMark[], line: Line, reader: LineReader): readonly Heredoc[] {
  return marks.flatMap(({ mark, spaced }) => {
    const ends = ({ text }: SourceLine): boolean => isEnd(mark, text);
    return spaced && !reader.some(ends) ? [] : [readHeredoc(mark, line, reader)];
  });
}

function isEnd({ name, chomp: isChomped }: HeredocMark, text: string): boolean {
  return (isChomped ? chomp(text) : text) === name;
}

function readHeredoc(mark: HeredocMark, line: Line, reader: LineReader): Heredoc {
  const lines: string[] = [];
  let first: number | undefined;
  for (let next = reader.next(); next !== undefined; next = reader.next()) {
    first ??= next.number;
    if (isEnd(mark, next.text)) {
      const range = { start: { line: first, column: 1 }, end: { line: next.number, column: next.text.length + 1 } };
      return { ...mark, content: lines.join(''), range };
    }
    lines.push(next.text + next.ending);
  }
  const hint = `the line that ends it has to be ${mark.name} and nothing else`;
  throw syntaxError(line, 'unterminated heredoc', { hint });
}

/** Drops the tabs in front of every line. */
export function chomp(content: string): string {
  return content.replace(/(^|\n)\t+/g, '$1');
}
