// Who hands out the addresses of a network, when that is not the daemon's own store: the cluster, or a plugin. They have to be waited
// for, which nobody does when a container is attached: what it needs is asked for before (`reserve`), and held in the store as if it
// were its own.
import { TskerError } from '../util/errors.ts';
import { contains, type Ip, parseAddress } from './address.ts';
import { checkWanted, poolsOf } from './endpoints.ts';
import type { Addresses, Pool } from './ipam.ts';
import type { EndpointConfig } from './network.ts';
import type { NetworkRecord } from './records.ts';

export interface AddressAuthority {
  /** Any free address of the pool; throws `unavailable` when there is none. */
  allot(pool: Pool, owner: string, network: NetworkRecord): Promise<Ip>;
  /** The one asked for; throws `forbidden` when it is another's. */
  claim(pool: Pool, address: Ip, owner: string, network: NetworkRecord): Promise<Ip>;
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
      for (const family of [4, 6] as const) {
        await this.#take(authority, { network, owner, family, wanted: family === 4 ? config.ipv4 : config.ipv6 });
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

  async #take(
    authority: AddressAuthority,
    {
      network,
      owner,
      family,
      wanted = '',
    }: { network: NetworkRecord; owner: string; family: 4 | 6; wanted: string | undefined },
  ): Promise<void> {
    const { addresses } = this.#options;
    const pools = poolsOf(network).filter(({ subnet }) => subnet.family === family);
    const asked = wanted === '' ? undefined : checkWanted(network, family, wanted);
    if (asked !== undefined) {
      const pool = pools.find(({ subnet }) => contains(subnet, asked));
      if (pool === undefined) throw new TskerError('invalid', `no configured subnet contains IP address ${wanted}`);
      addresses.hold(network.id, await authority.claim(pool, asked, owner, network), owner);
      return;
    }
    let failure: unknown;
    for (const pool of pools) {
      try {
        addresses.hold(network.id, await authority.allot(pool, owner, network), owner);
        return;
      } catch (error) {
        failure = error;
      }
    }
    if (failure !== undefined) throw failure;
  }
}
