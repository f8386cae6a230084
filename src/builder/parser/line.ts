// A logical line: physical lines joined by the escape character, comments and empty lines between them dropped. It
// remembers where each piece came from, so that every offset in the joined text has a position in the file.
import type { Position, Range, Word } from './position.ts';
import type { SourceLine } from './source.ts';
import { skipSpace, skipSpaceBack } from './space.ts';

/** Where the text from `offset` on was written. */
interface Segment {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

export interface Line {
  /** Name of the Dockerfile, for messages. */
  readonly file: string;
  readonly escape: string;
  readonly text: string;
  /** Offset of `text` in the text that the segments describe; not 0 for the rest of a line, as ONBUILD takes it. */
  readonly base: number;
  readonly segments: readonly Segment[];
  /** An empty line stood inside; Docker warns of it. */
  readonly hasEmptyLine: boolean;
}

/** Offsets in `Line.text`; the end does not belong to it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Hands out the physical lines one by one. */
export interface LineReader {
  next(): SourceLine | undefined;
  /** Whether any line that is still to come is such. */
  some(test: (line: SourceLine) => boolean): boolean;
}

export function readerOf(lines: readonly SourceLine[]): LineReader {
  let at = 0;
  return {
    next: () => lines[at++],
    some: (test) => lines.some((line, index) => index >= at && test(line)),
  };
}

/** Reads on from `first` until a line does not end in the escape character. */
export function joinLine(first: SourceLine, reader: LineReader, context: { file: string; escape: string }): Line {
  const indent = skipSpace(first.text, 0);
  const segments: Segment[] = [{ offset: 0, line: first.number, column: indent + 1 }];
  const piece = first.text.slice(indent);
  let before = beforeContinuation(piece, context.escape);
  let text = before ?? piece;
  let hasEmptyLine = false;
  while (before !== undefined) {
    const line = reader.next();
    if (line === undefined) break;
    if (isComment(line.text)) continue;
    if (skipSpace(line.text, 0) === line.text.length) {
      hasEmptyLine = true;
      continue;
    }
    segments.push({ offset: text.length, line: line.number, column: 1 });
    before = beforeContinuation(line.text, context.escape);
    text += before ?? line.text;
  }
  return { ...context, text, base: 0, segments, hasEmptyLine };
}

export function isComment(text: string): boolean {
  return text[skipSpace(text, 0)] === '#';
}

/** What stands before a continuation at the end of a line; undefined when there is none. An escaped escape is none. */
function beforeContinuation(text: string, mark: string): string | undefined {
  let end = text.length;
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end -= 1;
  if (text[end - 1] !== mark || text[end - 2] === mark) return undefined;
  return text.slice(0, end - 1);
}

/** The line from an offset on, with positions still those of the file. */
export function restOfLine(line: Line, start: number): Line {
  return { ...line, text: line.text.slice(start), base: line.base + start };
}

export function rangeAt(line: Line, { start, end }: Span): Range {
  const first = positionAt(line, start);
  if (end <= start) return { start: first, end: first };
  // The end is taken from the last character: the next one may stand on the next physical line.
  const last = positionAt(line, end - 1);
  return { start: first, end: { line: last.line, column: last.column + 1 } };
}

function positionAt(line: Line, offset: number): Position {
  const wanted = line.base + offset;
  // The last segment that starts at or before it; there may be as many as the file has lines.
  let low = 0;
  for (let high = line.segments.length; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if ((line.segments[middle]?.offset ?? 0) <= wanted) low = middle;
    else high = middle;
  }
  const found = line.segments[low] ?? { offset: 0, line: 1, column: 1 };
  return { line: found.line, column: found.column + (wanted - found.offset) };
}

/** A word of the line; `text` when it says something else than what is written (quotes taken off, JSON decoded). */
export function wordAt(line: Line, span: Span, text = line.text.slice(span.start, span.end)): Word {
  return { text, range: rangeAt(line, span) };
}

/** The span without white space around it. */
export function trimSpan(line: Line, { start, end }: Span): Span {
  const from = Math.min(skipSpace(line.text, start), end);
  return { start: from, end: skipSpaceBack(line.text, from, end) };
}
