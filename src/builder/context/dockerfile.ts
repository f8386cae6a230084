// The Dockerfile of a context that came as a tree: found, read, and taken out again when the context's .dockerignore
// names it, as dockerd does. What else the .dockerignore names is the client's to leave out.
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArchiveError } from '../../native/archive-error.ts';
import { O_CLOEXEC, O_DIRECTORY, O_RDONLY } from '../../native/linux.ts';
import { TskerError } from '../../util/errors.ts';
import { compileIgnoreFile } from '../ignore/matcher.ts';
import { cleanPattern } from '../ignore/read.ts';
import type { BuildContext } from './context.ts';
import { removePaths } from './erase.ts';
import type { ContextParts } from './parts.ts';

type Native = Pick<ContextParts['native'], 'open' | 'stat' | 'close' | 'extract' | 'pipe'>;

const DEFAULT = 'Dockerfile';
/** Bytes. More is no Dockerfile, and would be held in memory. */
const MAX_DOCKERFILE = 16 * 1024 * 1024;
/** Bytes, limits.h. */
const MAX_NAME = 255;

export interface FoundDockerfile {
  readonly dockerfile: BuildContext['dockerfile'];
  /** Paths in the context that its ignore file took out. */
  readonly removed: readonly string[];
}

/** Throws Docker's `Cannot locate specified Dockerfile: x` and `the Dockerfile (x) cannot be empty`. */
export async function takeDockerfile(
  native: Native,
  { directory, name = DEFAULT }: { readonly directory: string; readonly name?: string | undefined },
): Promise<FoundDockerfile> {
  const dockerfile = await findDockerfile(native, directory, name);
  if (dockerfile.text === '') throw new TskerError('invalid', `the Dockerfile (${dockerfile.name}) cannot be empty`);
  const removed = await ignoredOf(native, directory, dockerfile.name);
  await removePaths(native, directory, removed);
  return { dockerfile, removed };
}

async function findDockerfile(native: Native, directory: string, name: string): Promise<BuildContext['dockerfile']> {
  for (const candidate of name === DEFAULT ? [name, name.toLowerCase()] : [name]) {
    const text = await readWithin(native, { directory, path: candidate });
    if (text !== undefined) return { name: candidate, text };
  }
  throw new TskerError('invalid', `Cannot locate specified Dockerfile: ${name}`);
}

/** The Dockerfile and its ignore file, where the ignore file names them. */
async function ignoredOf(native: Native, directory: string, dockerfile: string): Promise<readonly string[]> {
  for (const file of [`${dockerfile}.dockerignore`, '.dockerignore']) {
    const text = await readWithin(native, { directory, path: file });
    if (text === undefined) continue;
    const matcher = compileIgnoreFile(text, { file });
    return [file, cleanPattern(dockerfile)].filter((path) => matcher.ignores(path));
  }
  return [];
}

interface Wanted {
  readonly directory: string;
  readonly path: string;
}

/** The text of a file in the tree, links followed within it; undefined when there is none. */
async function readWithin(native: Native, wanted: Wanted): Promise<string | undefined> {
  const { directory, path } = wanted;
  if (isName(path)) {
    const found = readNamed(wanted);
    if (found.kind !== 'elsewhere') return found.text;
  }
  const root = native.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  try {
    const { target, isThere } = await targetOf(native, root, `/${path}`);
    return isThere ? await readOpened(native, root, { path: target, name: path }) : undefined;
  } finally {
    native.close(root);
  }
}

/** Of the top directory: no link is on the way to it. */
function isName(path: string): boolean {
  return !['', '.', '..'].includes(path) && !/[/\0]/.test(path) && Buffer.byteLength(path) <= MAX_NAME;
}

type Named = { readonly kind: 'known'; readonly text: string | undefined } | { readonly kind: 'elsewhere' };

/** The usual case, without a thread: a file in the top directory, or none. A link, or what is no file, is elsewhere. */
function readNamed({ directory, path }: Wanted): Named {
  const place = join(directory, path);
  const there = lstatSync(place, { throwIfNoEntry: false });
  if (there === undefined) return { kind: 'known', text: undefined };
  if (!there.isFile()) return { kind: 'elsewhere' };
  const fd = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) return { kind: 'elsewhere' };
    refuseLong(path, there.size);
    return { kind: 'known', text: readFileSync(fd, 'utf8') };
  } finally {
    closeSync(fd);
  }
}

function refuseLong(name: string, size: number): void {
  if (size > MAX_DOCKERFILE) throw new TskerError('invalid', `${name} is larger than ${MAX_DOCKERFILE} bytes`);
}

async function targetOf(native: Native, root: number, path: string) {
  try {
    const { target } = await native.stat({ root, path });
    return { target: target ?? path, isThere: true };
  } catch (error) {
    if (isAbsent(error)) return { target: path, isThere: false };
    throw error;
  }
}

async function readOpened(
  native: Native,
  root: number,
  { path, name }: { readonly path: string; readonly name: string },
): Promise<string | undefined> {
  let fd: number | undefined;
  try {
    const found = await native.stat({ root, path, open: true });
    fd = found.fd;
    if (fd === undefined) throw new Error('a path was opened without a descriptor');
    if ((found.mode & S_IFMT) === S_IFDIR) throw new TskerError('invalid', `read ${name}: is a directory`);
    if ((found.mode & S_IFMT) !== S_IFREG) throw new TskerError('invalid', `${name} is not a regular file`);
    refuseLong(name, found.size);
    return readFileSync(`/proc/self/fd/${fd}`, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  } finally {
    if (fd !== undefined) native.close(fd);
  }
}

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;

function isAbsent(error: unknown): boolean {
  return error instanceof ArchiveError && (error.reason === 'path_not_found' || error.reason === 'not_a_directory');
}
