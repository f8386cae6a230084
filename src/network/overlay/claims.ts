// Whose the addresses of overlay networks are: a key an address, made in a transaction that fails when it is there, so that no two
// hosts can ever have the same. It goes with the lease of its host, long after that was last heard of.
import { TskerError } from '../../util/errors.ts';
import { formatAddress, formatCidr, type Ip, networkOf } from '../address.ts';
import { exhausted, nextFree, type Pool } from '../ipam.ts';
import type { Cluster } from './cluster.ts';
import { formatClaim, parseClaim } from './documents.ts';
import type { Change, Condition, StoredKey } from './etcd-messages.ts';

export class Claims {
  readonly #cluster: Cluster;
  /** By network and subnet, the address handed out last. */
  readonly #last = new Map<string, Ip>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** The next free address of the pool. Throws `unavailable` when there is none or the store is not reached. */
  async allot(pool: Pool, owner: string): Promise<Ip> {
    const { mirror } = this.#cluster;
    const { networkId, subnet, range = subnet } = pool;
    const key = `${networkId} ${formatCidr(subnet)}`;
    const last = this.#last.get(key) ?? { family: subnet.family, value: networkOf(range).value - 1n };
    const refused = new Set<string>();
    const isTaken = (candidate: Ip): boolean => {
      const text = formatAddress(candidate);
      return isReserved(pool, candidate) || refused.has(text) || mirror.claim(networkId, text) !== undefined;
    };
    for (;;) {
      const address = nextFree(pool, last, isTaken);
      if (address === undefined) throw exhausted(pool);
      if (await this.#write(networkId, address, owner)) {
        this.#last.set(key, address);
        return address;
      }
      // Others were faster, and the watch has not told yet.
      for (const taken of await this.#read(networkId)) refused.add(taken);
    }
  }

  /** The address the user asked for. Throws `forbidden` in Docker's words when it is another's. */
  async claim(pool: Pool, address: Ip, owner: string): Promise<Ip> {
    if (!isReserved(pool, address) && (await this.#write(pool.networkId, address, owner))) return address;
    await this.#read(pool.networkId);
    throw new TskerError('forbidden', 'Address already in use');
  }

  /** What gives an address back, as long as it is still this host's. */
  release(networkId: string, address: string, containerId: string): { condition: Condition; change: Change } {
    const { keys, hostId } = this.#cluster;
    const key = keys.address(networkId, address);
    const value = formatClaim({ host: hostId, containerId });
    return { condition: { kind: 'value', key, value }, change: { kind: 'delete', key } };
  }

  /**
   * After this host was let in (again): its claims are those of `held` and no others. Gives those that are another's by now, which
   * takes that nothing was heard of this host for very long.
   */
  async reconcile(entries: readonly StoredKey[], held: readonly Held[]): Promise<Held[]> {
    const { keys, hostId, etcd } = this.#cluster;
    const wanted = new Set(held.map(({ networkId, address }) => keys.address(networkId, address)));
    for (const { key, value, revision } of entries) {
      const place = keys.parse(key);
      if (place?.kind !== 'addresses' || wanted.has(key)) continue;
      if (parseClaim(place.item, value)?.host !== hostId) continue;
      await etcd.commit([{ kind: 'unchanged', key, revision }], [{ kind: 'delete', key }]);
    }
    const lost: Held[] = [];
    for (const one of held) if (!(await this.#renew(one, entries))) lost.push(one);
    return lost;
  }

  async #renew({ networkId, address, owner }: Held, entries: readonly StoredKey[]): Promise<boolean> {
    const { keys, hostId, etcd, leases } = this.#cluster;
    const [key, lease] = [keys.address(networkId, address), leases().claims];
    const value = formatClaim({ host: hostId, containerId: owner });
    const known = entries.find((entry) => entry.key === key);
    if (known?.value === value && known.lease === lease) return true;
    const when: Condition =
      known?.value === value ? { kind: 'unchanged', key, revision: known.revision } : { kind: 'absent', key };
    return await etcd.commit([when], [{ kind: 'put', key, value, lease }]);
  }

  #write(networkId: string, address: Ip, owner: string): Promise<boolean> {
    const { etcd, keys, hostId, leases } = this.#cluster;
    const key = keys.address(networkId, formatAddress(address));
    const value = formatClaim({ host: hostId, containerId: owner });
    return etcd.commit(
      [
        { kind: 'present', key: keys.network(networkId) },
        { kind: 'absent', key },
      ],
      [{ kind: 'put', key, value, lease: leases().claims }],
    );
  }

  /** All that are taken now. Throws `not_found` when it is the network that is gone. */
  async #read(networkId: string): Promise<string[]> {
    const { etcd, keys } = this.#cluster;
    if ((await etcd.range(keys.network(networkId))).entries.length === 0) {
      throw new TskerError('not_found', `network ${networkId} not found`);
    }
    const { entries } = await etcd.range(keys.addresses(networkId));
    return entries.flatMap(({ key }) => keys.parse(key)?.item ?? []);
  }
}

/** An address that a container of this host has. */
export interface Held {
  readonly networkId: string;
  readonly address: string;
  readonly owner: string;
}

function isReserved({ reserved }: Pool, address: Ip): boolean {
  return reserved.some(({ family, value }) => family === address.family && value === address.value);
}
