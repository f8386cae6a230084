// The JSON (exec) form: an array of strings. Docker's rules for falling back: no array, or one that is no JSON, is
// the shell form; an array of anything but strings is an error.
import { type Line, type Span, wordAt } from './line.ts';
import type { Word } from './position.ts';

export type JsonWords = { readonly words: readonly Word[] } | 'not json' | 'not strings';

const STRING = /"(?:[^"\\]|\\.)*"/g;

export function readJson(line: Line, span: Span): JsonWords {
  const text = line.text.slice(span.start, span.end);
  if (!text.startsWith('[')) return 'not json';
  const items = parseArray(text);
  if (items === undefined) return 'not json';
  if (!items.every((item) => typeof item === 'string')) return 'not strings';
  const written = text.matchAll(STRING);
  const words = items.map((item) => {
    const match = written.next().value;
    const start = span.start + (match?.index ?? 0);
    return wordAt(line, { start, end: start + (match?.[0].length ?? 0) }, item);
  });
  return { words };
}

function parseArray(text: string): readonly unknown[] | undefined {
  try {
    let inRange = true;
    const value: unknown = JSON.parse(text, (_, item: unknown) => {
      // Go's decoder refuses a number that no float64 can hold; JavaScript's makes it infinite.
      if (typeof item === 'number' && !Number.isFinite(item)) inRange = false;
      return item;
    });
    return inRange && Array.isArray(value) ? value : undefined;
  } catch {
    // Not JSON: that is an answer, not a failure.
    return undefined;
  }
}
