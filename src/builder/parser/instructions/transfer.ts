// What ADD and COPY share: sources, heredocs among them, and a destination.
import { chomp, joinMarks, readMark } from '../heredoc.ts';
import type { Word } from '../position.ts';
import type { Statement } from '../statement.ts';
import type { InlineFile } from '../types.ts';
import { fail } from './common.ts';

export interface Paths {
  readonly sources: readonly Word[];
  readonly files: readonly InlineFile[];
  readonly destination: Word;
}

/** Docker checks the number of words before the flags, and heredocs after them. */
export function checkCount(statement: Statement): void {
  if (statement.words.length >= 2) return;
  const reason = 'requires at least two arguments, but only one was provided. Destination could not be determined';
  throw fail(statement, `${statement.name} ${reason}`);
}

export function readPaths(statement: Statement): Paths {
  const words = statement.json ? statement.words : joinMarks(statement.words, joinWords);
  const destination = words.at(-1);
  if (destination === undefined) throw fail(statement, `${statement.name} requires at least two arguments`);
  const sources: Word[] = [];
  const files: InlineFile[] = [];
  for (const word of words.slice(0, -1)) {
    const file = inlineFile(statement, word);
    if (file === undefined) sources.push(word);
    else files.push(file);
  }
  if (inlineFile(statement, destination) !== undefined) {
    const reason = `${statement.name} cannot accept a heredoc as a destination`;
    throw fail(statement, reason, { range: destination.range });
  }
  return { sources, files, destination };
}

function joinWords(open: Word, name: Word): Word {
  return { text: `${open.text} ${name.text}`, range: { start: open.range.start, end: name.range.end } };
}

/** In the JSON form `<<x` is a path like any other. */
function inlineFile(statement: Statement, word: Word): InlineFile | undefined {
  const mark = statement.json ? undefined : readMark(word.text);
  // Of two with one name the last counts, as in BuildKit.
  const heredoc = mark === undefined ? undefined : statement.heredocs.findLast(({ name }) => name === mark.name);
  if (mark === undefined || heredoc === undefined) return undefined;
  const content = mark.chomp ? chomp(heredoc.content) : heredoc.content;
  return { name: mark.name, content, expand: mark.expand, range: heredoc.range };
}
