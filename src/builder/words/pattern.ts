// The patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `*`, `?` and letters, no brackets, no newline for the wildcards, as
// in BuildKit. Matched by stepping all open possibilities at once, so that no pattern takes more than value × pattern.

type Token = { readonly any: 'one' | 'many' } | { readonly letter: string };
export type Pattern = readonly Token[];

/** Steps that one match may take: larger pairs of pattern and value are refused. */
const MAX_STEPS = 50_000_000;

/** A text instead says what is wrong with it. */
export function parsePattern(text: string): Pattern | string {
  const tokens: Token[] = [];
  const letters = [...text];
  for (let at = 0; at < letters.length; at += 1) {
    const letter = letters[at] ?? '';
    if (letter === '*') {
      // Two stars match what one does.
      const last = tokens.at(-1);
      if (last === undefined || !('any' in last) || last.any === 'one') tokens.push({ any: 'many' });
    } else if (letter === '?') tokens.push({ any: 'one' });
    else if (letter === '\\') {
      const escaped = letters[at + 1];
      at += 1;
      if (escaped === undefined || !'}/*?\\'.includes(escaped)) return `invalid escape '\\${escaped ?? ''}'`;
      tokens.push({ letter: escaped });
    } else tokens.push({ letter });
  }
  return tokens;
}

interface Match {
  readonly start: number;
  readonly end: number;
}

interface Search {
  readonly from: number;
  /** Only at `from`. */
  readonly anchored: boolean;
  readonly longest: boolean;
}

/** Undefined here and below: pattern and value are too long for each other. */
export function trimPrefix(value: string, pattern: Pattern, how: { longest: boolean }): string | undefined {
  const letters = [...value];
  if (!isAffordable(letters, pattern)) return undefined;
  const match = find(letters, pattern, { from: 0, anchored: true, longest: how.longest });
  return match === undefined ? value : letters.slice(match.end).join('');
}

/** The same, both turned round. */
export function trimSuffix(value: string, pattern: Pattern, how: { longest: boolean }): string | undefined {
  const letters = [...value].reverse();
  if (!isAffordable(letters, pattern)) return undefined;
  const match = find(letters, pattern.toReversed(), { from: 0, anchored: true, longest: how.longest });
  return match === undefined ? value : letters.slice(match.end).reverse().join('');
}

/** The first match from the left, the longest there; or all of them. */
export function replacePattern(
  value: string,
  pattern: Pattern,
  { replacement, all }: { readonly replacement: string; readonly all: boolean },
): string | undefined {
  const letters = [...value];
  if (!isAffordable(letters, pattern)) return undefined;
  let replaced = '';
  let copied = 0;
  for (let from = 0; from <= letters.length; ) {
    const match = find(letters, pattern, { from, anchored: false, longest: true });
    if (match === undefined) break;
    // An empty match right behind another match is none.
    if (match.end > match.start || match.start > copied || copied === 0) {
      replaced += letters.slice(copied, match.start).join('') + replacement;
      copied = match.end;
    }
    from = match.end > match.start ? match.end : match.end + 1;
    if (!all) break;
  }
  return replaced + letters.slice(copied).join('');
}

function isAffordable(letters: readonly string[], pattern: Pattern): boolean {
  return letters.length * (pattern.length + 1) <= MAX_STEPS;
}

/** States are places in the pattern, each with the leftmost start that leads to it. */
function find(letters: readonly string[], pattern: Pattern, { from, anchored, longest }: Search): Match | undefined {
  let states = new Map<number, number>();
  let best: Match | undefined;
  for (let at = from; ; at += 1) {
    if (best === undefined && (at === from || !anchored)) reach(states, pattern, { place: 0, start: at });
    const start = states.get(pattern.length);
    if (start !== undefined && (best === undefined || start < best.start || (start === best.start && longest))) {
      best = { start, end: at };
      if (!longest) return best;
    }
    const letter = letters[at];
    if (letter === undefined || (states.size === 0 && (anchored || best !== undefined))) return best;
    states = step(states, pattern, { letter, latest: best?.start ?? at });
  }
}

function step(
  states: ReadonlyMap<number, number>,
  pattern: Pattern,
  { letter, latest }: { readonly letter: string; readonly latest: number },
): Map<number, number> {
  const next = new Map<number, number>();
  for (const [place, start] of states) {
    const token = pattern[place];
    if (token === undefined || start > latest) continue;
    if ('letter' in token) {
      if (token.letter === letter) reach(next, pattern, { place: place + 1, start });
    } else if (letter !== '\n') reach(next, pattern, { place: token.any === 'many' ? place : place + 1, start });
  }
  return next;
}

/** A star can also match nothing. */
function reach(
  states: Map<number, number>,
  pattern: Pattern,
  { place, start }: { place: number; start: number },
): void {
  for (let at = place; ; at += 1) {
    const known = states.get(at);
    if (known === undefined || start < known) states.set(at, start);
    const token = pattern[at];
    if (token === undefined || !('any' in token) || token.any === 'one') return;
  }
}
