// Hands out the addresses of a network. The search is pure; what is taken stands in the store before anyone uses it, so that
// no crash makes an address be given twice.

import type { Db, Statement } from '../store/database.ts';
import { TskerError } from '../util/errors.ts';
import { broadcastOf, type Cidr, contains, formatAddress, formatCidr, networkOf, parseAddress } from './address.ts';

/**
 * The next free address after `last`, going round the subnet once: an address given back is not given out again at once, for
 * others may still hold it in their caches. The network's own and the broadcast address are nobody's (but in a /31 and /32,
 * RFC 3021, there are none). Undefined when all are taken.
 */
export function nextFree(subnet: Cidr, last: number, isTaken: (address: number) => boolean): number | undefined {
  const reserved = subnet.prefixLength < 31 ? 1 : 0;
  const first = networkOf(subnet) + reserved;
  const size = broadcastOf(subnet) - reserved - first + 1;
  const begin = contains(subnet, last) ? last - first + 1 : 0;
  for (let step = 0; step < size; step += 1) {
    const address = first + ((begin + step) % size);
    if (!isTaken(address)) return address;
  }
  return undefined;
}

export interface Pool {
  readonly networkId: string;
  readonly networkName: string;
  readonly subnet: Cidr;
  /** The bridge's own address. */
  readonly gateway: number;
}

/** The addresses given out, in the store's table `addresses`. */
export class Addresses {
  readonly #find: Statement<[string, string], unknown>;
  readonly #ofOwner: Statement<[string, string], { address: string }>;
  readonly #newest: Statement<[string], { address: string }>;
  readonly #insert: Statement<[string, string, string]>;
  readonly #release: Statement<[string]>;
  /** Per network, the address handed out last; after a start the newest that is still held. */
  readonly #last = new Map<string, number>();

  constructor(db: Db) {
    this.#find = db.prepare('SELECT 1 FROM addresses WHERE network_id = ? AND address = ?');
    this.#ofOwner = db.prepare('SELECT address FROM addresses WHERE network_id = ? AND owner = ?');
    this.#newest = db.prepare('SELECT address FROM addresses WHERE network_id = ? ORDER BY rowid DESC LIMIT 1');
    this.#insert = db.prepare('INSERT INTO addresses (network_id, address, owner) VALUES (?, ?, ?)');
    this.#release = db.prepare('DELETE FROM addresses WHERE owner = ?');
  }

  /**
   * An address for `owner`, committed before this returns; the one it has when it has one. Throws `unavailable` when the
   * subnet is exhausted.
   */
  allot(pool: Pool, owner: string): number {
    const held = this.#ofOwner.get(pool.networkId, owner);
    if (held !== undefined && contains(pool.subnet, parseAddress(held.address))) return parseAddress(held.address);
    const address = nextFree(pool.subnet, this.#lastOf(pool), (candidate) => this.#isTaken(pool, candidate));
    if (address === undefined) {
      throw new TskerError(
        'unavailable',
        `no address is free in ${formatCidr(pool.subnet)} of network ${pool.networkName}`,
        {
          hint: 'remove containers, or give the daemon a larger --bip',
        },
      );
    }
    this.#insert.run(pool.networkId, formatAddress(address), owner);
    this.#last.set(pool.networkId, address);
    return address;
  }

  /** Gives back all that `owner` holds. */
  release(owner: string): void {
    this.#release.run(owner);
  }

  #isTaken(pool: Pool, address: number): boolean {
    return address === pool.gateway || this.#find.get(pool.networkId, formatAddress(address)) !== undefined;
  }

  #lastOf(pool: Pool): number {
    const known = this.#last.get(pool.networkId);
    if (known !== undefined) return known;
    const newest = this.#newest.get(pool.networkId);
    return newest === undefined ? pool.gateway : parseAddress(newest.address);
  }
}
