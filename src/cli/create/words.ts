// Small grammars that many flags share: `key=value`, files of such lines, CSV with quotes. Pure but for the reader of
// files that the caller hands in.
import { UsageError } from '../usage-error.ts';

/** What turning flags into a request needs of the world outside. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, for paths that start with a dot. */
  readonly cwd: string;
  /** The text of a file; throws as `fs.readFileSync`. */
  readonly readFile: (path: string) => string;
}

/** `a=b=c` → `a`, `b=c`; the value is undefined without an equals sign. */
export function splitPair(text: string): readonly [string, string | undefined] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** `['a=1', 'b']` → `{a: '1', b: ''}`; undefined for none, so that the request stays small. */
export function pairsToMap(pairs: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (pairs.length === 0) return undefined;
  return Object.fromEntries(pairs.map((pair) => splitPair(pair)).map(([name, value]) => [name, value ?? '']));
}

/** undefined for an empty list. */
export function orUndefined<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** Lines of a file of `KEY=value`: comments and empty lines left out. A name alone is what `lookUp` finds, or no line. */
export function readPairFile(
  path: string,
  { readFile }: Surroundings,
  lookUp?: (name: string) => string | undefined,
): readonly string[] {
  const pairs: string[] = [];
  for (const raw of readNamedFile(path, readFile)
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)) {
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const [name, value] = splitPair(line);
    if (name === '') throw new UsageError(`no variable name on line '${line}' of ${path}`);
    if (/\s/.test(name)) throw new UsageError(`variable '${name}' of ${path} contains whitespaces`);
    const found = value ?? lookUp?.(name);
    if (found !== undefined) pairs.push(`${name}=${found}`);
  }
  return pairs;
}

/** A file that a flag names; its absence is an error of usage. */
export function readNamedFile(path: string, readFile: (path: string) => string): string {
  try {
    return readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`open ${path}: ${code === 'ENOENT' ? 'no such file or directory' : message}`);
  }
}

/** One CSV record, quotes doubled inside quotes, as `--mount` takes it. */
export function splitCsv(text: string): readonly string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? '';
    if (letter === '"' && quoted && text[at + 1] === '"') {
      field += letter;
      at++;
    } else if (letter === '"') {
      if (!quoted && field !== '') throw new UsageError(`bare " in ${JSON.stringify(text)}`);
      quoted = !quoted;
    } else if (letter === ',' && !quoted) {
      fields.push(field);
      field = '';
    } else {
      field += letter;
    }
  }
  if (quoted) throw new UsageError(`missing " in ${JSON.stringify(text)}`);
  return [...fields, field];
}
