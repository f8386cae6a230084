// A context as a list of what it consists of, by which the daemon knows what it has already. Pure.
import { createHash } from 'node:crypto';
import type { ContextEntry, ContextKind } from './walk.ts';

export type ManifestEntry = readonly [path: string, kind: 'd' | 'f' | 'l' | 'o', signature: string];

export interface ContextManifest {
  /** The directory and what is taken of it: each has its own place in the daemon's store. */
  readonly key: string;
  readonly entries: readonly ManifestEntry[];
}

export interface ManifestRequest {
  readonly key: string;
  readonly entries: readonly ContextEntry[];
  readonly extra: ReadonlyMap<string, Buffer>;
  /** When the walk began, in milliseconds. */
  readonly now: number;
}

const KINDS: Readonly<Record<ContextKind, 'd' | 'f' | 'l' | 'o'>> = {
  directory: 'd',
  file: 'f',
  link: 'l',
  other: 'o',
};
/** A file system's clock ticks: what was changed within the last tick can be changed again without a trace. */
const TICK_MILLISECONDS = 100;

/**
 * Nobody can set the time of a change of status (ctime), and every change sets it: with the file's number it stands for the
 * content. It is taken before the content is read, so a change in between is seen the next time.
 */
export function contextManifest({ key, entries, extra, now }: ManifestRequest): ContextManifest {
  const own = entries.map((entry): ManifestEntry => [entry.path, KINDS[entry.kind], signatureOf(entry, now)]);
  const added = [...extra].map(([path, content]): ManifestEntry => [path, 'f', digest(content)]);
  return { key, entries: [...own, ...added] };
}

function signatureOf({ kind, stats, target }: ContextEntry, now: number): string {
  // A directory's own times change with what is in it, which has entries of its own.
  if (kind === 'directory') return `${stats.mode} ${stats.mtimeMs}`;
  if (stats.ctimeMs > now - TICK_MILLISECONDS) return '';
  const state = `${stats.mode} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.dev} ${stats.ino}`;
  return kind === 'link' ? `${state} ${digest(Buffer.from(target))}` : state;
}

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
