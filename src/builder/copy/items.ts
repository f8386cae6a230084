// What COPY and ADD take: the files behind their words, with digests, before anything is written. It reads trees and
// decides nothing about where things go (place.ts).
import { posix } from 'node:path';
import { TskerError } from '../../util/errors.ts';
import type { Found, Tree, TreeEntry } from '../host.types.ts';
import { compileExcludes, type IgnoreMatcher } from '../ignore/matcher.ts';
import { compilePattern } from '../ignore/pattern.ts';
import { cleanPattern } from '../ignore/read.ts';
import { contentDigest, entriesDigest } from './digests.ts';

export type Item =
  /** What is in a directory, not the directory itself. */
  | {
      readonly kind: 'directory';
      readonly tree: Tree;
      readonly path: string;
      readonly entries: readonly TreeEntry[];
      readonly digest: string;
    }
  | {
      readonly kind: 'file';
      readonly tree: Tree;
      readonly path: string;
      readonly name: string;
      readonly digest: string;
    }
  /** Bytes that no tree holds: of a heredoc or a URL. */
  | {
      readonly kind: 'content';
      readonly name: string;
      readonly content: Uint8Array;
      readonly mode: number;
      /** Epoch seconds; undefined: now. */
      readonly mtime: number | undefined;
      readonly digest: string;
    }
  /** To be unpacked. */
  | { readonly kind: 'archive'; readonly tree: Tree; readonly path: string; readonly digest: string };

export interface ItemRequest {
  readonly tree: Tree;
  /** Sources in the build context: what is missing may have been ignored, and nothing is above it. */
  readonly inContext: boolean;
  readonly exclude: readonly string[];
  /** Directories on the way are copied with what they hold. */
  readonly parents: boolean;
  /** Local archives are unpacked (ADD). */
  readonly unpack: boolean;
  readonly signal: AbortSignal;
}

const WILDCARD = /[*?[]/;

/** The items of one source word. Throws `invalid` with Docker's messages. */
export async function itemsOf(word: string, request: ItemRequest): Promise<readonly Item[]> {
  const path = sourcePath(word, request);
  const exclude = request.exclude.length === 0 ? undefined : compileExcludes(request.exclude);
  if (request.parents) return [await withParents(word, path, { ...request, matcher: exclude })];
  if (WILDCARD.test(path)) return await matchingItems(path, { ...request, matcher: exclude });
  const found = await request.tree.look(path);
  if (found === undefined) throw missing(path, request);
  return [await itemAt(found, posix.basename(path), { ...request, matcher: exclude })];
}

interface Looking extends ItemRequest {
  readonly matcher: IgnoreMatcher | undefined;
}

/** From the root, without a slash before it; `` for all. */
function sourcePath(word: string, { inContext }: ItemRequest): string {
  const clean = posix.normalize(word.replace(/^\/+/, '') || '.').replace(/\/$/, '');
  if (inContext && (clean === '..' || clean.startsWith('../'))) {
    throw new TskerError('invalid', `forbidden path outside the build context: ${word} ()`, {
      hint: 'a build sees what is in its context only; choose a directory above as the context',
    });
  }
  const inside = posix.join('/', clean).slice(1);
  return inside === '.' ? '' : inside;
}

function missing(path: string, { inContext }: ItemRequest): TskerError {
  const where = inContext ? 'file not found in build context or excluded by .dockerignore: ' : '';
  return new TskerError('invalid', `${where}stat ${path}: file does not exist`);
}

async function itemAt(found: Found, name: string, request: Looking): Promise<Item> {
  const { tree, matcher, signal } = request;
  if (found.kind === 'directory') {
    const all = await tree.list(found.path, signal);
    const entries = matcher === undefined ? all : all.filter((entry) => !matcher.ignores(nameOf(entry)));
    return { kind: 'directory', tree, path: found.path, entries, digest: await entriesDigest(entries) };
  }
  const digest = await tree.digest(found, signal);
  if (request.unpack && (await isArchive(tree, found, signal)))
    return { kind: 'archive', tree, path: found.path, digest };
  return { kind: 'file', tree, path: found.path, name, digest };
}

/** Names are bytes; patterns are text. */
export function nameOf({ path }: Pick<TreeEntry, 'path'>): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}

/** A matching directory gives its content, in Docker's order: that of the paths. */
async function matchingItems(path: string, request: Looking): Promise<readonly Item[]> {
  const { tree, signal } = request;
  const pattern = compilePattern(cleanPattern(path));
  const parts = path.split('/');
  const fixed = parts
    .slice(
      0,
      parts.findIndex((part) => WILDCARD.test(part)),
    )
    .join('/');
  const base = await tree.look(fixed);
  if (base?.kind !== 'directory') return [];
  const items: Item[] = [];
  for (const entry of await tree.list(base.path, signal)) {
    const name = nameOf(entry);
    const whole = fixed === '' ? name : `${fixed}/${name}`;
    if (!pattern.matches(whole) || request.matcher?.ignores(name) === true) continue;
    const isText = Buffer.from(name, 'utf8').equals(Buffer.from(entry.path, 'latin1'));
    const found = isText ? await tree.look(whole) : undefined;
    if (found !== undefined) items.push(await itemAt(found, posix.basename(whole), request));
    else if (!isText) items.push(await itemOfBytes(entry, base.path, tree));
  }
  return items;
}

/** A file or link whose name is no text: as the only one of its directory, since paths are looked up as text. */
async function itemOfBytes(entry: TreeEntry, base: string, tree: Tree): Promise<Item> {
  const parent = posix.dirname(nameOf(entry));
  const isNested = !Buffer.from(parent, 'utf8').equals(Buffer.from(posix.dirname(entry.path), 'latin1'));
  if (entry.kind === 'directory' || isNested) {
    throw new TskerError('invalid', `${JSON.stringify(nameOf(entry))} is no UTF-8, and a pattern names it`, {
      hint: 'copy the directory it is in',
    });
  }
  const entries = [{ ...entry, path: posix.basename(entry.path) }];
  return { kind: 'directory', tree, path: posix.join(base, parent), entries, digest: await entriesDigest(entries) };
}

/** `a/./b/c`: what is before the dot is not repeated at the destination. */
async function withParents(word: string, path: string, request: Looking): Promise<Item> {
  const { tree, matcher, signal } = request;
  const pivot = /^(.*?)\/\.\//.exec(`/${word.replace(/^\/+/, '')}`)?.[1]?.slice(1) ?? '';
  const base = await tree.look(pivot);
  if (base?.kind !== 'directory') throw missing(path, request);
  const below = pivot === '' ? path : posix.relative(pivot, path);
  const pattern = compilePattern(cleanPattern(below === '' ? '**' : below));
  const isWanted = (name: string): boolean => {
    for (let at = name; at !== '.' && at !== ''; at = posix.dirname(at)) if (pattern.matches(at)) return true;
    return below === '';
  };
  const all = await tree.list(base.path, signal);
  const wanted = new Set<string>();
  for (const entry of all) {
    const name = nameOf(entry);
    if (!isWanted(name) || matcher?.ignores(name) === true) continue;
    for (let at = entry.path; at !== '.' && at !== ''; at = posix.dirname(at)) wanted.add(at);
  }
  if (wanted.size === 0 && !WILDCARD.test(below)) throw missing(path, request);
  const entries = all.filter((entry) => wanted.has(entry.path));
  return { kind: 'directory', tree, path: base.path, entries, digest: await entriesDigest(entries) };
}

const TAR_MAGIC_AT = 257;
const COMPRESSED: readonly Buffer[] = [
  Buffer.from([0x1f, 0x8b]),
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
  Buffer.from('BZh'),
  Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]),
];

/** By content, as Docker decides: what is named .tar.gz and is none is copied. */
async function isArchive(tree: Tree, found: Found, signal: AbortSignal): Promise<boolean> {
  if (found.kind !== 'file' || found.bytes === 0) return false;
  const head = Buffer.from(await tree.readFile(found.path, 512));
  if (head.subarray(TAR_MAGIC_AT, TAR_MAGIC_AT + 5).toString('latin1') === 'ustar') return true;
  if (!COMPRESSED.some((magic) => head.subarray(0, magic.length).equals(magic))) return false;
  return await tree.holdsTar(found.path, signal);
}

/** A file that a heredoc spells out, or that came from a URL. */
export function contentItem(
  name: string,
  content: Uint8Array,
  { mode, mtime }: { readonly mode: number; readonly mtime?: number | undefined },
): Item {
  return { kind: 'content', name, content, mode, mtime, digest: contentDigest(content) };
}
