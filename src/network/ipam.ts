// Hands out the addresses of a network. The search is pure; what is taken stands in the store before anyone uses it, so that
// no crash makes an address be given twice.

import type { Db, Statement } from '../store/database.ts';
import { TskerError } from '../util/errors.ts';
import {
  broadcastOf,
  type Cidr,
  contains,
  formatAddress,
  formatCidr,
  type Ip,
  networkOf,
  parseAddress,
} from './address.ts';

/**
 * The next free address of `range` after `last`, going round it once: an address given back is not given out again at once, for
 * others may still hold it in their caches. The subnet's own and its broadcast address are nobody's (but in a /31 and /32,
 * RFC 3021, and a /127 and /128 there are none). Undefined when all are taken.
 */
export function nextFree(
  { subnet, range = subnet }: { readonly subnet: Cidr; readonly range?: Cidr | undefined },
  last: Ip,
  isTaken: (address: Ip) => boolean,
): Ip | undefined {
  const { family } = subnet;
  const reserved = subnet.prefixLength < (family === 4 ? 31 : 127);
  const isReserved = (value: bigint): boolean =>
    reserved && (value === networkOf(subnet).value || (family === 4 && value === broadcastOf(subnet).value));
  const first = networkOf(range).value;
  const size = broadcastOf(range).value - first + 1n;
  const begin = contains(range, last) ? last.value - first + 1n : 0n;
  for (let step = 0n; step < size; step += 1n) {
    const value = first + ((begin + step) % size);
    if (!isReserved(value) && !isTaken({ family, value })) return { family, value };
  }
  return undefined;
}

/** No address of the pool is free. */
export function exhausted({ subnet, range = subnet, networkName, networkId }: Pool): TskerError {
  return new TskerError(
    'unavailable',
    `no available IPv${subnet.family} addresses on this network's address pools: ${networkName} (${networkId})`,
    { hint: `all of ${formatCidr(range)} is in use: remove containers, or give the network a larger one` },
  );
}

/** One subnet of a network. */
export interface Pool {
  readonly networkId: string;
  readonly networkName: string;
  readonly subnet: Cidr;
  /** Where addresses nobody asked for come from: --ip-range. */
  readonly range?: Cidr | undefined;
  /** Never given out: the gateway, --aux-address. */
  readonly reserved: readonly Ip[];
}

/** An address that somebody has. */
export interface HeldAddress {
  readonly networkId: string;
  readonly address: string;
  readonly owner: string;
}

/** The addresses given out, in the store's table `addresses`. */
export class Addresses {
  readonly #find: Statement<[string, string], { owner: string }>;
  readonly #ofOwner: Statement<[string, string], { address: string }>;
  readonly #newest: Statement<[string], { address: string }>;
  readonly #insert: Statement<[string, string, string]>;
  readonly #release: Statement<[string]>;
  readonly #releaseOne: Statement<[string, string]>;
  readonly #forget: Statement<[string]>;
  readonly #all: Statement<[], HeldAddress>;
  readonly #heldBy: Statement<[string], HeldAddress>;
  /** Per network and family, the address handed out last; after a start the newest that is still held. */
  readonly #last = new Map<string, Ip>();

  constructor(db: Db) {
    this.#find = db.prepare('SELECT owner FROM addresses WHERE network_id = ? AND address = ?');
    this.#ofOwner = db.prepare('SELECT address FROM addresses WHERE network_id = ? AND owner = ?');
    this.#newest = db.prepare('SELECT address FROM addresses WHERE network_id = ? ORDER BY rowid DESC LIMIT 16');
    this.#insert = db.prepare('INSERT INTO addresses (network_id, address, owner) VALUES (?, ?, ?)');
    this.#release = db.prepare('DELETE FROM addresses WHERE owner = ?');
    this.#releaseOne = db.prepare('DELETE FROM addresses WHERE network_id = ? AND owner = ?');
    this.#forget = db.prepare('DELETE FROM addresses WHERE network_id = ?');
    this.#all = db.prepare('SELECT network_id AS networkId, address, owner FROM addresses');
    this.#heldBy = db.prepare('SELECT network_id AS networkId, address, owner FROM addresses WHERE owner = ?');
  }

  /**
   * An address for `owner`, committed before this returns; the one it has when it has one. Throws `unavailable` when the
   * subnet is exhausted.
   */
  allot(pool: Pool, owner: string): Ip {
    const held = this.#ofOwner
      .all(pool.networkId, owner)
      .map(({ address }) => parseAddress(address))
      .find((address) => contains(pool.subnet, address));
    if (held !== undefined) return held;
    const address = nextFree(pool, this.#lastOf(pool), (candidate) => this.#isTaken(pool, candidate));
    if (address === undefined) throw exhausted(pool);
    this.#insert.run(pool.networkId, formatAddress(address), owner);
    this.#last.set(lastKey(pool), address);
    return address;
  }

  /** The address the user asked for. Throws `forbidden` in Docker's words when it is another's. */
  claim(pool: Pool, address: Ip, owner: string): Ip {
    const holder = this.#find.get(pool.networkId, formatAddress(address))?.owner;
    if (holder === owner) return address;
    if (holder !== undefined || this.#isReserved(pool, address)) {
      throw new TskerError('forbidden', 'Address already in use');
    }
    this.#insert.run(pool.networkId, formatAddress(address), owner);
    return address;
  }

  /** Notes an address that somebody else has handed out. */
  hold(networkId: string, address: Ip, owner: string): void {
    if (this.#find.get(networkId, formatAddress(address)) !== undefined) {
      throw new TskerError('conflict', `address ${formatAddress(address)} was handed out twice`);
    }
    this.#insert.run(networkId, formatAddress(address), owner);
  }

  all(): HeldAddress[] {
    return this.#all.all();
  }

  heldBy(owner: string): HeldAddress[] {
    return this.#heldBy.all(owner);
  }

  /** Gives back all that `owner` holds, or what it holds of one network. */
  release(owner: string, networkId?: string): void {
    if (networkId === undefined) this.#release.run(owner);
    else this.#releaseOne.run(networkId, owner);
  }

  /** The network is gone. */
  forget(networkId: string): void {
    this.#forget.run(networkId);
  }

  #isTaken(pool: Pool, address: Ip): boolean {
    return this.#isReserved(pool, address) || this.#find.get(pool.networkId, formatAddress(address)) !== undefined;
  }

  #isReserved({ reserved }: Pool, address: Ip): boolean {
    return reserved.some(({ family, value }) => family === address.family && value === address.value);
  }

  #lastOf(pool: Pool): Ip {
    const known = this.#last.get(lastKey(pool));
    if (known !== undefined) return known;
    const newest = this.#newest
      .all(pool.networkId)
      .map(({ address }) => parseAddress(address))
      .find((address) => contains(pool.subnet, address));
    return newest ?? { ...networkOf(pool.subnet), value: networkOf(pool.range ?? pool.subnet).value - 1n };
  }
}

function lastKey({ networkId, subnet }: Pool): string {
  return `${networkId} ${formatCidr(subnet)}`;
}
