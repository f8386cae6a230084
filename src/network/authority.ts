// Who hands out the addresses of a network, when that is not the daemon's own store: the cluster, or a plugin. They have to be waited
// for, which nobody does when a container is attached: what it needs is asked for before (`reserve`), and held in the store as if it
// were its own.
import { TskerError } from '../util/errors.ts';
import { contains, type Ip, parseAddress } from './address.ts';
import { checkWanted, type NetworkPool, poolsOf } from './endpoints.ts';
import type { Addresses } from './ipam.ts';
import { formatMac, macOfOwner, parseMac } from './mac.ts';
import type { EndpointConfig } from './network.ts';
import type { NetworkRecord } from './records.ts';

export interface AddressRequest {
  readonly network: NetworkRecord;
  readonly pool: NetworkPool;
  /** A container's id. */
  readonly owner: string;
  /** What its interface's will be on a network where that is known before its address (`macFirst`). */
  readonly mac: string;
}

export interface AddressAuthority {
  /** Any free address of the pool; throws `unavailable` when there is none. */
  allot(request: AddressRequest): Promise<Ip>;
  /** The one asked for; throws `forbidden` when it is another's. */
  claim(request: AddressRequest, address: Ip): Promise<Ip>;
  /** Nobody waits for it. */
  release(network: NetworkRecord, owner: string, addresses: readonly Ip[]): void;
}

export interface ReservationsOptions {
  readonly addresses: Addresses;
  /** Undefined: the daemon itself. */
  readonly authorityOf: (network: NetworkRecord) => AddressAuthority | undefined;
  readonly find: (networkId: string) => NetworkRecord | undefined;
}

export class Reservations {
  readonly #options: ReservationsOptions;

  constructor(options: ReservationsOptions) {
    this.#options = options;
  }

  concerns(network: NetworkRecord): boolean {
    return this.#options.authorityOf(network) !== undefined;
  }

  /** One address of each family that the network has, all or none. */
  async reserve(network: NetworkRecord, config: EndpointConfig, owner: string): Promise<void> {
    const authority = this.#options.authorityOf(network);
    if (authority === undefined) return;
    try {
      const mac = formatMac(config.macAddress ? parseMac(config.macAddress) : macOfOwner(owner, network.id));
      for (const family of [4, 6] as const) {
        const wanted = family === 4 ? config.ipv4 : config.ipv6;
        await this.#take(authority, { ...{ network, owner, mac }, family, wanted });
      }
    } catch (error) {
      this.release(owner, network.id);
      this.#options.addresses.release(owner, network.id);
      throw error;
    }
  }

  /** Tells whose they are that the addresses are free, before the store forgets them. */
  release(owner: string, networkId?: string): void {
    const { addresses, authorityOf, find } = this.#options;
    const held = Map.groupBy(addresses.heldBy(owner), (one) => one.networkId);
    for (const [id, all] of held) {
      const network = networkId === undefined || id === networkId ? find(id) : undefined;
      if (network === undefined) continue;
      authorityOf(network)?.release(
        network,
        owner,
        all.map(({ address }) => parseAddress(address)),
      );
    }
  }

  async #take(authority: AddressAuthority, { family, wanted = '', ...request }: Taking): Promise<void> {
    const { addresses } = this.#options;
    const { network, owner } = request;
    const pools = poolsOf(network).filter(({ subnet }) => subnet.family === family);
    const asked = wanted === '' ? undefined : checkWanted(network, family, wanted);
    if (asked !== undefined) {
      const pool = pools.find(({ subnet }) => contains(subnet, asked));
      if (pool === undefined) throw new TskerError('invalid', `no configured subnet contains IP address ${wanted}`);
      addresses.hold(network.id, await authority.claim({ ...request, pool }, asked), owner);
      return;
    }
    let failure: unknown;
    for (const pool of pools) {
      try {
        addresses.hold(network.id, await authority.allot({ ...request, pool }), owner);
        return;
      } catch (error) {
        failure = error;
      }
    }
    if (failure !== undefined) throw failure;
  }
}

interface Taking extends Omit<AddressRequest, 'pool'> {
  readonly family: 4 | 6;
  readonly wanted: string | undefined;
}
