// Go's path.Match, which Docker's reference filter uses: `*` and `?` stop at a slash, `[a-z]` and `[^a]`, `\` quotes. Pure.
import { TskerError } from '../util/errors.ts';

/** Throws `invalid` for a malformed pattern. */
export function patternMatches(pattern: string, text: string): boolean {
  return toRegExp(pattern).test(text);
}

function toRegExp(pattern: string): RegExp {
  let source = '';
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern[index] ?? '';
    if (character === '*') source += source.endsWith('[^/]*') ? '' : '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') {
      const end = pattern.indexOf(']', index + 2);
      if (end === -1) throw syntax(pattern);
      source += characterClass(pattern.slice(index + 1, end));
      index = end;
    } else if (character === '\\') {
      index += 1;
      if (index >= pattern.length) throw syntax(pattern);
      source += escapeText(pattern[index] ?? '');
    } else source += escapeText(character);
  }
  return new RegExp(`^${source}$`, 's');
}

function escapeText(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function characterClass(body: string): string {
  const negated = body.startsWith('^');
  return `[${negated ? '^' : ''}${(negated ? body.slice(1) : body).replace(/[\\\]^[]/g, '\\$&')}]`;
}

function syntax(pattern: string): TskerError {
  return new TskerError('invalid', `invalid filter 'reference=${pattern}': syntax error in pattern`);
}
