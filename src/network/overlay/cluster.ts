// What the parts of the overlay driver share: the store, what it has, and who this host is in it.
import type { Keys } from './documents.ts';
import type { Etcd } from './etcd.ts';
import type { Mirror } from './mirror.ts';
import type { Leases } from './session.ts';

export interface Cluster {
  readonly etcd: Etcd;
  readonly keys: Keys;
  readonly mirror: Mirror;
  /** Stays the same for as long as the daemon's root does. */
  readonly hostId: string;
  /** Throws `unavailable` before the store was reached. */
  readonly leases: () => Leases;
  readonly warn: (message: string) => void;
}
