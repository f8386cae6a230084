// Where the context and the Dockerfile of a build are: a directory, standard input, an address. It looks, and sends nothing.
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { TskerError } from '../../util/errors.ts';
import type { Input } from '../io.ts';
import { looksLikeArchive, readFirst, readWhole } from './stdin.ts';

/** A directory of this machine. */
export interface LocalSource {
  readonly kind: 'local';
  /** Absolute, links resolved. */
  readonly directory: string;
  /** Path in the context, as the daemon is told. */
  readonly dockerfile: string;
  /** The Dockerfile when it is not in the context. */
  readonly outside: OutsideDockerfile | undefined;
}

export interface OutsideDockerfile {
  readonly content: Buffer;
  /** Where it is; undefined for standard input. */
  readonly path: string | undefined;
}

export type BuildSource =
  | LocalSource
  /** An archive from standard input, passed on as it comes. */
  | { readonly kind: 'archive'; readonly body: AsyncIterable<Uint8Array>; readonly dockerfile: string | undefined }
  /** A Dockerfile from standard input, and no context. */
  | { readonly kind: 'dockerfile'; readonly content: Buffer }
  /** The daemon fetches it. */
  | { readonly kind: 'remote'; readonly url: string; readonly dockerfile: string | undefined };

export interface SourceRequest {
  /** `PATH | URL | -`. */
  readonly context: string;
  /** `--file`. */
  readonly file: string | undefined;
  readonly cwd: string;
  readonly stdin: Input;
}

/** Throws in Docker's words for what is not there. */
export async function findSource({ context, file, cwd, stdin }: SourceRequest): Promise<BuildSource> {
  if (context === '-') return await fromStdin(stdin, file);
  const path = resolve(cwd, context);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return await fromDirectory({ path, file, cwd, stdin });
  if (isRemote(context)) {
    if (file === '-') throw new TskerError('invalid', 'Dockerfile from stdin is not supported with a remote context');
    return { kind: 'remote', url: context, dockerfile: file };
  }
  const why =
    found === undefined ? `path ${JSON.stringify(context)} not found` : `context must be a directory: ${path}`;
  throw new TskerError('invalid', `unable to prepare context: ${why}`);
}

export function isRemote(text: string): boolean {
  return ['http://', 'https://', 'git://', 'git@', 'github.com/'].some((prefix) => text.startsWith(prefix));
}

async function fromStdin(stdin: Input, file: string | undefined): Promise<BuildSource> {
  if (file === '-') {
    throw new TskerError('invalid', "invalid argument: can't use stdin for both build context and dockerfile");
  }
  const { first, rest } = await readFirst(stdin);
  if (looksLikeArchive(first)) return { kind: 'archive', body: rest, dockerfile: file };
  return { kind: 'dockerfile', content: await readWhole(rest) };
}

interface DirectoryRequest {
  readonly path: string;
  readonly file: string | undefined;
  readonly cwd: string;
  readonly stdin: Input;
}

async function fromDirectory({ path, file, cwd, stdin }: DirectoryRequest): Promise<LocalSource> {
  const directory = realpathSync(path);
  if (file === '-') {
    return { kind: 'local', directory, ...outsideOf({ content: await readWhole(stdin), path: undefined }) };
  }
  // As named from where the user stands, not from the context.
  const absolute = file === undefined ? join(directory, defaultName(directory)) : resolve(cwd, file);
  const inside = relative(directory, join(realDirectory(absolute), basename(absolute)));
  if (isOutside(inside)) {
    return { kind: 'local', directory, ...outsideOf({ content: readOutside(absolute), path: absolute }) };
  }
  if (!isThere(absolute)) throw noDockerfile(absolute);
  return { kind: 'local', directory, dockerfile: inside, outside: undefined };
}

/** A name that no file of the context has, the same one as long as the content is. */
function outsideOf(outside: OutsideDockerfile): Pick<LocalSource, 'dockerfile' | 'outside'> {
  const digest = createHash('sha256').update(outside.content).digest('hex');
  return { dockerfile: `.dockerfile.${digest.slice(0, 20)}`, outside };
}

function defaultName(directory: string): string {
  return ['Dockerfile', 'dockerfile'].find((name) => isThere(join(directory, name))) ?? 'Dockerfile';
}

function isOutside(path: string): boolean {
  return path === '..' || path.startsWith('../') || isAbsolute(path);
}

function realDirectory(path: string): string {
  try {
    return realpathSync(dirname(path));
  } catch {
    // Whoever opens the file says what is wrong.
    return dirname(path);
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function readOutside(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? noDockerfile(path) : error;
  }
}

function noDockerfile(path: string): TskerError {
  const why = `unable to evaluate symlinks in Dockerfile path: lstat ${path}: no such file or directory`;
  return new TskerError('invalid', `unable to prepare context: ${why}`);
}
