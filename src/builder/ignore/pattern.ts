// A pattern made ready for many paths. The common kinds are string comparisons; the rest steps through all possibilities
// at once, so that no pattern takes longer than path × pattern.
import { isInClass, parseGlob, type Token } from './glob.ts';

export interface Pattern {
  /** The path itself; whether a parent matched is for matcher.ts. */
  matches(path: string): boolean;
  /** Whether any path below this directory could match. */
  mayMatchBelow(directory: string): boolean;
}

const PLAIN = /^[^*?[\]\\]*$/;

/** `text` is cleaned: no `./`, no doubled slashes, none at the end. */
export function compilePattern(text: string): Pattern {
  if (PLAIN.test(text)) return exactly(text);
  if (text.startsWith('**') && PLAIN.test(text.slice(2))) return endingIn(text.slice(2));
  if (text.endsWith('**') && PLAIN.test(text.slice(0, -2))) return startingWith(text.slice(0, -2));
  return stepping(parseGlob(text));
}

function exactly(text: string): Pattern {
  return {
    matches: (path) => path === text,
    mayMatchBelow: (directory) => text.startsWith(`${directory}/`),
  };
}

/** `**` + text: without a slash between them the text may be the end of a name, as in Docker. */
function endingIn(end: string): Pattern {
  return {
    matches: (path) => path.endsWith(end) || (end.startsWith('/') && path === end.slice(1)),
    mayMatchBelow: () => true,
  };
}

/** `dir/**`: what is in the directory, not the directory itself. */
function startingWith(start: string): Pattern {
  return {
    matches: (path) => path.startsWith(start),
    mayMatchBelow: (directory) => start.startsWith(`${directory}/`) || `${directory}/`.startsWith(start),
  };
}

/** What a path must have before it is worth stepping through it: most paths fail here. */
interface Outline {
  readonly start: string;
  readonly end: string;
  /** Undefined when the pattern does not say how many. */
  readonly slashes: number | undefined;
}

function stepping(tokens: readonly Token[]): Pattern {
  const steps = tokens.map(stepOf);
  const { start, end, slashes } = outlineOf(tokens);
  return {
    matches: (path) => {
      if (!path.startsWith(start) || !path.endsWith(end)) return false;
      if (slashes !== undefined && countSlashes(path) !== slashes) return false;
      return run(steps, path).has(steps.length);
    },
    mayMatchBelow: (directory) => {
      const inside = `${directory}/`;
      return (inside.startsWith(start) || start.startsWith(inside)) && run(steps, inside).size > 0;
    },
  };
}

function outlineOf(tokens: readonly Token[]): Outline {
  const start = tokens.slice(
    0,
    tokens.findIndex(({ kind }) => kind !== 'letter'),
  );
  const end = tokens.slice(tokens.findLastIndex(({ kind }) => kind !== 'letter') + 1);
  const open = tokens.some(({ kind }) => kind === 'class' || kind === 'directories' || kind === 'rest');
  return { start: lettersOf(start), end: lettersOf(end), slashes: open ? undefined : countSlashes(lettersOf(tokens)) };
}

function lettersOf(tokens: readonly Token[]): string {
  return tokens.map((token) => (token.kind === 'letter' ? token.letter : '')).join('');
}

function countSlashes(text: string): number {
  let count = 0;
  for (let at = text.indexOf('/'); at >= 0; at = text.indexOf('/', at + 1)) count += 1;
  return count;
}

interface Step {
  readonly takes: (letter: string) => boolean;
  /** The next step can come instead. */
  readonly optional: boolean;
  /** May take more; `to slash`: has to, until a slash ends it. */
  readonly repeats: 'no' | 'freely' | 'to slash';
}

function stepOf(token: Token): Step {
  switch (token.kind) {
    case 'letter':
      return { takes: (letter) => letter === token.letter, optional: false, repeats: 'no' };
    case 'one':
      return { takes: isNoSlash, optional: false, repeats: 'no' };
    case 'many':
      return { takes: isNoSlash, optional: true, repeats: 'freely' };
    case 'class':
      return { takes: (letter) => isInClass(token, letter), optional: false, repeats: 'no' };
    case 'directories':
      return { takes: () => true, optional: true, repeats: 'to slash' };
    case 'rest':
      return { takes: () => true, optional: true, repeats: 'freely' };
  }
}

function isNoSlash(letter: string): boolean {
  return letter !== '/';
}

/** The places in the pattern that reading the text can lead to. */
function run(steps: readonly Step[], text: string): ReadonlySet<number> {
  let places = new Set<number>();
  reach(places, steps, 0);
  for (const letter of text) {
    const next = new Set<number>();
    for (const place of places) {
      const step = steps[place];
      if (step === undefined || !step.takes(letter)) continue;
      if (step.repeats === 'to slash') next.add(place);
      if (step.repeats === 'freely') reach(next, steps, place);
      else if (step.repeats === 'no' || letter === '/') reach(next, steps, place + 1);
    }
    if (next.size === 0) return next;
    places = next;
  }
  return places;
}

/** Comes to a step anew, which is when it can be left out. */
function reach(places: Set<number>, steps: readonly Step[], place: number): void {
  for (let at = place; ; at += 1) {
    places.add(at);
    if (steps[at]?.optional !== true) return;
  }
}
