// A directory of this machine as a context: which ignore file holds, what is sent of it, and what is sent besides.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileIgnoreFile } from '../../builder/ignore/matcher.ts';
import { TskerError } from '../../util/errors.ts';
import type { PackContext } from './pack.ts';
import type { LocalSource } from './source.ts';
import { walkContext } from './walk.ts';

export interface LocalContext extends PackContext {
  /** What is taken of the directory depends on it. */
  readonly ignoreFile: string | undefined;
  /** When the walk began, in milliseconds. */
  readonly walkedAt: number;
}

const IGNORE_FILE = '.dockerignore';

/** Walks the directory. Throws in Docker's words for what cannot be read. */
export function readLocalContext(source: LocalSource): LocalContext {
  const { directory, dockerfile, outside } = source;
  const ignore = findIgnoreFile(source);
  const matcher = compileIgnoreFile(ignore?.text ?? '', { file: ignore?.path ?? IGNORE_FILE });
  // The daemon reads both, and takes them out itself when they are ignored.
  const always = new Set([dockerfile, ...(ignore?.inside === undefined ? [] : [ignore.inside])]);
  const walkedAt = Date.now();
  const extra = outside === undefined ? new Map() : extraFiles(source, outside.content);
  const entries = walkContext({ directory, matcher, always }).filter(({ path }) => !extra.has(path));
  return { directory, entries, extra, ignoreFile: ignore?.path, walkedAt };
}

interface IgnoreFile {
  readonly path: string;
  /** Path in the context. */
  readonly inside: string | undefined;
  readonly text: string;
}

/** `<Dockerfile>.dockerignore` goes before `.dockerignore`, as in BuildKit. */
function findIgnoreFile({ directory, dockerfile, outside }: LocalSource): IgnoreFile | undefined {
  const named: { readonly path: string | undefined; readonly inside: string | undefined } =
    outside === undefined
      ? { path: join(directory, `${dockerfile}${IGNORE_FILE}`), inside: `${dockerfile}${IGNORE_FILE}` }
      : { path: outside.path === undefined ? undefined : `${outside.path}${IGNORE_FILE}`, inside: undefined };
  for (const { path, inside } of [named, { path: join(directory, IGNORE_FILE), inside: IGNORE_FILE }]) {
    const text = path === undefined ? undefined : readIfThere(path);
    if (path !== undefined && text !== undefined) return { path, inside, text };
  }
  return undefined;
}

/** The Dockerfile under a name of its own, and an ignore file that keeps it out of the image, as Docker's client does. */
function extraFiles({ directory, dockerfile }: LocalSource, content: Buffer): ReadonlyMap<string, Buffer> {
  const before = readIfThere(join(directory, IGNORE_FILE)) ?? IGNORE_FILE;
  return new Map([
    [dockerfile, content],
    [IGNORE_FILE, Buffer.from(`${before}\n${dockerfile}\n`)],
  ]);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new TskerError('invalid', `unable to prepare context: failed to read ${path}: ${message}`, { cause: error });
  }
}
