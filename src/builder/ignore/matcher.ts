// .dockerignore as a whole: the last line that matches a path, or one of the directories it is in, decides. For walks
// a directory is asked once, and its answer goes with whatever is below it.
import { TskerError } from '../../util/errors.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import { cleanPattern, type IgnoreLine, readIgnoreFile } from './read.ts';

export interface IgnoreMatcher {
  /** For a path on its own, relative to the context: `a/b`. The context itself is never ignored. */
  ignores(path: string): boolean;
  /** Where a walk starts. */
  readonly root: Directory;
}

/** A directory on a walk. */
export interface Directory {
  /** A file, link or anything else that is no directory. */
  ignores(name: string): boolean;
  enter(name: string): Entered;
}

export interface Entered {
  readonly ignored: boolean;
  /** Ignored, and no exception can be below: the walk need not go in. */
  readonly skip: boolean;
  readonly directory: Directory;
}

/** Throws `illegal exclusion pattern: "!"` and `syntax error in pattern`, the line in the hint. */
export function compileIgnoreFile(text: string, { file = '.dockerignore' } = {}): IgnoreMatcher {
  return matcherOf(readIgnoreFile(text).map((line) => compileLine(line, `line ${line.line} of ${file}`)));
}

/** For `COPY --exclude=`: the same patterns, each from a flag of its own. */
export function compileExcludes(patterns: readonly string[]): IgnoreMatcher {
  const lines = patterns.flatMap((written) => {
    const text = cleanPattern(written.trim());
    const exception = text.startsWith('!');
    return text === '' ? [] : [compileLine({ pattern: exception ? text.slice(1) : text, exception }, written)];
  });
  return matcherOf(lines);
}

interface Rule extends Pattern {
  readonly exception: boolean;
}

function compileLine({ pattern, exception }: Omit<IgnoreLine, 'line'>, where: string): Rule {
  if (pattern === '') throw new TskerError('invalid', 'illegal exclusion pattern: "!"', { hint: where });
  try {
    return { ...compilePattern(pattern), exception };
  } catch (error) {
    if (!(error instanceof TskerError)) throw error;
    throw new TskerError('invalid', error.message, { hint: `${where}: ${pattern}`, cause: error });
  }
}

function matcherOf(rules: readonly Rule[]): IgnoreMatcher {
  const root = directoryOf(rules, { path: '', decided: NOTHING });
  return {
    root,
    ignores: (path) => {
      const names = cleanPattern(path).split('/');
      const last = names.pop() ?? '';
      if (last === '' || last === '.') return false;
      return names.reduce((directory, name) => directory.enter(name).directory, root).ignores(last);
    },
  };
}

/** No rule has matched: not ignored. */
const NOTHING = -1;

/** `decided` is the last rule that matched the directory or one around it: only later ones can say anything else. */
function directoryOf(rules: readonly Rule[], { path, decided }: { path: string; decided: number }): Directory {
  const below = (name: string): string => (path === '' ? name : `${path}/${name}`);
  const decide = (inside: string): number => {
    const found = rules.findLastIndex((rule, index) => index > decided && rule.matches(inside));
    return found === NOTHING ? decided : found;
  };
  const isIgnored = (rule: number): boolean => rules[rule]?.exception === false;
  return {
    ignores: (name) => isIgnored(decide(below(name))),
    enter: (name) => {
      const inside = below(name);
      const rule = decide(inside);
      const ignored = isIgnored(rule);
      const open = rules.some((later, index) => index > rule && later.exception && later.mayMatchBelow(inside));
      return { ignored, skip: ignored && !open, directory: directoryOf(rules, { path: inside, decided: rule }) };
    },
  };
}
