// The forms that arguments can have: words, one text, names with values, JSON. Which instruction has which is in
// statement.ts. Quotes stay in the words here: they are taken off when variables are replaced (words/).
import { goQuote } from '../words/quote.ts';
import { syntaxError } from './error.ts';
import { readJson } from './json.ts';
import { type Line, type Span, trimSpan, wordAt } from './line.ts';
import type { Word } from './position.ts';
import { isSpace, skipSpace } from './space.ts';
import { isSeparator } from './split.ts';

export interface Pair {
  readonly name: Word;
  readonly value: Word;
  /** `ENV name value`, without an equals sign. */
  readonly legacy: boolean;
}

export interface Words {
  readonly json: boolean;
  readonly words: readonly Word[];
}

const NOT_STRINGS = 'when using JSON array syntax, arrays must be comprised of strings only';

/** Words with white space between them; quotes mean nothing. */
export function readPlainWords(line: Line, span: Span): Words {
  const words: Word[] = [];
  for (let at = span.start; at < span.end; ) {
    if (isSeparator(line.text[at])) {
      at += 1;
      continue;
    }
    const start = at;
    while (at < span.end && !isSeparator(line.text[at])) at += 1;
    words.push(wordAt(line, { start, end: at }));
  }
  return { json: false, words };
}

/** All of it as one word; no word when there is nothing. */
export function readText(line: Line, span: Span): Words {
  return { json: false, words: span.start === span.end ? [] : [wordAt(line, span)] };
}

export function readJsonOr(line: Line, span: Span, otherwise: (line: Line, span: Span) => Words): Words {
  const found = readJson(line, span);
  if (found === 'not strings') throw syntaxError(line, NOT_STRINGS, { span });
  return found === 'not json' ? otherwise(line, span) : { json: true, ...found };
}

/** A word in front, then JSON or text: `HEALTHCHECK CMD …`. */
export function readWordThenCommand(line: Line, span: Span): Words {
  const end = endOfWord(line, span);
  if (end === span.start) return { json: false, words: [] };
  const command = readJsonOr(line, trimSpan(line, { start: end, end: span.end }), readText);
  return { json: command.json, words: [wordAt(line, { start: span.start, end }), ...command.words] };
}

function endOfWord(line: Line, { start, end }: Span): number {
  let at = start;
  while (at < end && !isSpace(line.text[at])) at += 1;
  return at;
}

/** Words with white space between them, quotes and escapes keeping it inside; both stay in the word. */
export function readQuotedWords(line: Line, { start, end }: Span): readonly Span[] {
  const spans: Span[] = [];
  for (let at = skipSpace(line.text, start); at < end; at = skipSpace(line.text, at)) {
    const from = at;
    let quote: string | undefined;
    let lone = 0;
    for (; at < end; at += 1) {
      const character = line.text[at] ?? '';
      if (quote === undefined && isSpace(character)) break;
      if (character === line.escape && quote !== "'") {
        // An escape character with nothing behind it is dropped.
        if (at + 1 >= end) lone = 1;
        at += 1;
      } else if (character === quote) quote = undefined;
      else if (quote === undefined && (character === '"' || character === "'")) quote = character;
    }
    at = Math.min(at, end);
    if (at - lone > from) spans.push({ start: from, end: at - lone });
  }
  return spans;
}

/** `name=value …`, or the old `name all the rest`: which one, the first word decides. */
export function readPairs(line: Line, span: Span, instruction: string): readonly Pair[] {
  const spans = readQuotedWords(line, span);
  const first = spans[0];
  if (first === undefined) return [];
  if (!line.text.slice(first.start, first.end).includes('=')) return [readLegacyPair(line, span, instruction)];
  return spans.map((word) => {
    const equals = line.text.slice(word.start, word.end).indexOf('=');
    if (equals < 0) {
      const text = goQuote(line.text.slice(word.start, word.end));
      const reason = `Syntax error - can't find = in ${text}. Must be of the form: name=value`;
      throw syntaxError(line, reason, { span: word, hint: 'a value with a space in it needs quotes around it' });
    }
    const middle = word.start + equals;
    return {
      name: wordAt(line, { start: word.start, end: middle }),
      value: wordAt(line, { start: middle + 1, end: word.end }),
      legacy: false,
    };
  });
}

function readLegacyPair(line: Line, span: Span, instruction: string): Pair {
  let end = span.start;
  while (end < span.end && !isSeparator(line.text[end])) end += 1;
  let value = end;
  while (value < span.end && isSeparator(line.text[value])) value += 1;
  if (value === end) {
    throw syntaxError(line, `${instruction} must have two arguments`, {
      span,
      hint: `write ${instruction} name=value`,
    });
  }
  return {
    name: wordAt(line, { start: span.start, end }),
    value: wordAt(line, { start: value, end: span.end }),
    legacy: true,
  };
}
