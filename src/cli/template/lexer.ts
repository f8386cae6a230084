// Cuts a Go template into text and the tokens inside `{{ }}`. Pure; parser.ts gives them their shape.
import { templateError } from './error.ts';

export type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'open' }
  | { readonly kind: 'close' }
  | { readonly kind: 'string'; readonly text: string; readonly spaced: boolean }
  | { readonly kind: 'identifier'; readonly text: string; readonly spaced: boolean }
  | { readonly kind: 'field'; readonly text: string; readonly spaced: boolean }
  | { readonly kind: 'variable'; readonly text: string; readonly spaced: boolean }
  | { readonly kind: 'number'; readonly value: number; readonly spaced: boolean }
  | { readonly kind: 'symbol'; readonly text: '.' | '|' | '(' | ')' | ',' | ':=' | '='; readonly spaced: boolean };

const PIECE =
  /(?<space>\s+)|(?<string>"(?:[^"\\\n]|\\.)*")|(?<raw>`[^`]*`)|(?<char>'(?:[^'\\\n]|\\.)+')|(?<number>[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?))|(?<field>\.[\p{L}_][\p{L}\p{N}_]*)|(?<variable>\$[\p{L}\p{N}_]*)|(?<identifier>[\p{L}_][\p{L}\p{N}_]*)|(?<symbol>:=|[.|(),=])/uy;

/** Tokens of the whole template, white space trimmed where `{{-` and `-}}` ask for it. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trimNext = false;
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    const raw = source.slice(at, open < 0 ? source.length : open);
    const trimEnd = open >= 0 && /^-\s/.test(source.slice(open + 2, open + 4));
    const text = trimText(raw, { start: trimNext, end: trimEnd });
    if (text !== '') tokens.push({ kind: 'text', text });
    if (open < 0) break;
    const action = readAction(source, open + 2 + (trimEnd ? 1 : 0));
    if (action.tokens !== undefined) tokens.push({ kind: 'open' }, ...action.tokens, { kind: 'close' });
    at = action.end;
    trimNext = action.trim;
  }
  return tokens;
}

function trimText(text: string, { start, end }: { readonly start: boolean; readonly end: boolean }): string {
  const left = start ? text.trimStart() : text;
  return end ? left.trimEnd() : left;
}

interface Action {
  /** Undefined for a comment. */
  readonly tokens: readonly Token[] | undefined;
  readonly end: number;
  readonly trim: boolean;
}

function readAction(source: string, start: number): Action {
  const comment = /\s*\/\*[\s\S]*?\*\/\s*?(\s-)?\}\}/y;
  comment.lastIndex = start;
  const commented = comment.exec(source);
  if (commented !== null) return { tokens: undefined, end: comment.lastIndex, trim: commented[1] !== undefined };

  const tokens: Token[] = [];
  let at = start;
  let spaced = true;
  while (at < source.length) {
    if (source.startsWith('}}', at)) return { tokens, end: at + 2, trim: false };
    if (spaced && source.startsWith('-}}', at)) return { tokens, end: at + 3, trim: true };
    PIECE.lastIndex = at;
    const groups = PIECE.exec(source)?.groups;
    if (groups === undefined) throw templateError(`unexpected ${JSON.stringify(source[at])} in an action`);
    at = PIECE.lastIndex;
    const token = tokenOf(groups, spaced);
    if (token !== undefined) tokens.push(token);
    spaced = groups['space'] !== undefined;
  }
  throw templateError('unclosed action');
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>, spaced: boolean): Token | undefined {
  const { string, raw, char, number, field, variable, identifier, symbol } = groups;
  if (string !== undefined) return { kind: 'string', text: unquote(string), spaced };
  if (raw !== undefined) return { kind: 'string', text: raw.slice(1, -1), spaced };
  if (char !== undefined) return { kind: 'number', value: unquote(char).codePointAt(0) ?? 0, spaced };
  if (number !== undefined) return { kind: 'number', value: Number(number), spaced };
  if (field !== undefined) return { kind: 'field', text: field.slice(1), spaced };
  if (variable !== undefined) return { kind: 'variable', text: variable, spaced };
  if (identifier !== undefined) return { kind: 'identifier', text: identifier, spaced };
  if (symbol === undefined) return undefined;
  return { kind: 'symbol', text: symbol as '.', spaced };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** A Go string or character literal to its text. */
function unquote(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(
      /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([\s\S]))/g,
      (_, hex, short, long, octal, letter) => {
        const code = hex ?? short ?? long;
        if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
        if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
        return ESCAPES[letter] ?? letter;
      },
    );
}
