// Words of a Dockerfile line: spaces separate, quotes and backslashes keep together. Variables are not expanded: a change
// of an image has none. Pure.
import { TskerError } from '../util/errors.ts';

/** Splits at spaces outside quotes; the quotes themselves go. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (character === '\\' && quote !== "'" && index + 1 < text.length) {
      index += 1;
      word = (word ?? '') + (text[index] ?? '');
    } else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else if (character === quote) quote = undefined;
    else if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quote !== undefined)
    throw new TskerError('invalid', `unexpected end of statement while looking for matching ${quote}`);
  if (word !== undefined) words.push(word);
  return words;
}

/** `a=b c="d e"`, or the old form `a the rest is the value`. */
export function splitPairs(text: string): (readonly [string, string])[] {
  const old = /^([^\s=]+)\s+(.*)$/s.exec(text);
  if (old !== null) return [[old[1] ?? '', old[2] ?? '']];
  return splitWords(text).map((word) => {
    const equals = word.indexOf('=');
    if (equals < 1)
      throw new TskerError('invalid', `Syntax error - can't find = in "${word}". Must be of the form: name=value`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}
