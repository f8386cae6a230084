// Cuts a logical line into keyword, flags and the rest. What the rest means depends on the keyword: forms.ts.
import { type Line, type Span, trimSpan, wordAt } from './line.ts';
import type { Word } from './position.ts';

/** `--name` or `--name=value`, quotes and backslashes taken off. */
export interface Flag {
  readonly name: string;
  /** Undefined without an equals sign. */
  readonly value: Word | undefined;
  readonly word: Word;
}

export interface SplitLine {
  readonly keyword: Word;
  readonly flags: readonly Flag[];
  /** Without white space around it; empty when there is nothing. */
  readonly rest: Span;
}

export function splitLine(line: Line): SplitLine {
  const { start, end } = trimSpan(line, { start: 0, end: line.text.length });
  let at = start;
  while (at < end && !isSeparator(line.text[at])) at += 1;
  const keyword = wordAt(line, { start, end: at });
  const flags: Flag[] = [];
  at = readFlags(line, at, flags);
  return { keyword, flags, rest: trimSpan(line, { start: at, end: line.text.length }) };
}

/** What Docker splits words and flags at; a line has no newline in it, and other white space belongs to words. */
export function isSeparator(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\v' || character === '\f';
}

/** Flags stand in front of everything else; `--` ends them. Answers where the rest starts. */
function readFlags(line: Line, from: number, flags: Flag[]): number {
  let at = skipSeparators(line.text, from);
  while (line.text.startsWith('--', at)) {
    const { text, end } = readUnquoted(line.text, at);
    if (text === '--') return end;
    flags.push(flagAt(line, { start: at, end }, text));
    at = skipSeparators(line.text, end);
  }
  return at;
}

function skipSeparators(text: string, from: number): number {
  let at = from;
  while (isSeparator(text[at])) at += 1;
  return at;
}

function flagAt(line: Line, span: Span, text: string): Flag {
  const word = wordAt(line, span, text);
  const equals = text.indexOf('=');
  if (equals < 0) return { name: text.slice(2), value: undefined, word };
  const written = line.text.indexOf('=', span.start);
  const value = wordAt(line, { start: Math.max(written, span.start) + 1, end: span.end }, text.slice(equals + 1));
  return { name: text.slice(2, equals), value, word };
}

/** A word up to white space outside quotes. The backslash escapes here whatever the escape directive says, as in Docker. */
function readUnquoted(source: string, start: number): { readonly text: string; readonly end: number } {
  let text = '';
  let quote: string | undefined;
  let at = start;
  for (; at < source.length; at += 1) {
    const character = source[at] ?? '';
    if (character === quote) quote = undefined;
    else if (quote === undefined && isSeparator(character)) break;
    else if (quote === undefined && (character === '"' || character === "'")) quote = character;
    else if (character === '\\') {
      at += 1;
      text += source[at] ?? '';
    } else text += character;
  }
  return { text, end: Math.min(at, source.length) };
}
