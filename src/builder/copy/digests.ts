// Digests of what is copied, in the words of Docker's history: `file:…`, `dir:…`, `multi:…`. Times and owners do not
// count: a fresh checkout of the same files is the same. Pure.
import { createHash } from 'node:crypto';
import { inTurns } from '../../util/in-turns.ts';
import type { TreeEntry } from '../host.types.ts';

export function contentDigest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** In the order of the list. */
export async function entriesDigest(entries: readonly TreeEntry[]): Promise<string> {
  const hash = createHash('sha256');
  await inTurns(entries, ({ path, digest }) => void hash.update(`${path}\0${digest}\0`, 'latin1'));
  return hash.digest('hex');
}

/** What the history calls the whole of it. */
export function sourcesDigest(items: readonly { readonly kind: string; readonly digest: string }[]): string {
  const named = items.map(({ kind, digest }) => `${kind === 'directory' ? 'dir' : 'file'}:${digest}`);
  const [only] = named;
  if (only !== undefined && named.length === 1) return only;
  return `multi:${createHash('sha256').update(named.join(',')).digest('hex')}`;
}
