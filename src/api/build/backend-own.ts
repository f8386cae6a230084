// What the routes of tsker's own build client need of the engine. Types only.
import type { Duplex } from 'node:stream';

export interface ContextOffers {
  /** Compares a client's manifest with what is stored; throws `conflict` while another build uses it. */
  offer(manifest: unknown): Promise<{ readonly token: string; readonly missing: readonly number[] }>;
}

export interface SshSessions {
  has(session: string): boolean;
  /** A client's connection that answers for its SSH agents until it is closed. */
  open(session: string, connection: Duplex): void;
}

export interface ImageFiles {
  /** An image's root file system as a tar. `name`: what its root is called in it; absent: it has no entry. */
  files(
    image: string,
    options: { readonly name: string | undefined; readonly signal: AbortSignal },
  ): Promise<AsyncIterable<Uint8Array>>;
}

export interface OwnBuildBackend extends ImageFiles {
  readonly contexts: ContextOffers;
  readonly ssh: SshSessions;
}
