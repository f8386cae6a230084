// The containers of this host as the others are told of them: written before they run, again when the store had given this host up,
// and taken back when they end.
import { TskerError } from '../../util/errors.ts';
import type { Cluster } from './cluster.ts';
import type { EndpointDocument } from './documents.ts';
import type { Change, StoredKey } from './etcd-messages.ts';

/** With the index of its interface on the host. */
export interface OwnEndpoint extends EndpointDocument {
  readonly index: number;
}

export class OwnEndpoints {
  readonly #cluster: Cluster;
  /** By endpoint id. */
  readonly #all = new Map<string, OwnEndpoint>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Throws `unavailable` when the others cannot be told: nobody would find it. */
  async publish(endpoint: OwnEndpoint): Promise<void> {
    const { etcd, keys } = this.#cluster;
    this.#all.set(endpoint.endpointId, endpoint);
    const told = await etcd.commit([{ kind: 'present', key: keys.network(endpoint.networkId) }], [this.#put(endpoint)]);
    if (!told) throw new TskerError('not_found', `network ${endpoint.networkId} not found`);
  }

  of(containerId: string, networkId?: string): OwnEndpoint[] {
    return [...this.#all.values()].filter(
      (one) => one.containerId === containerId && (networkId === undefined || one.networkId === networkId),
    );
  }

  isOn(networkId: string): boolean {
    return [...this.#all.values()].some((one) => one.networkId === networkId);
  }

  /** It is nobody's any more; gives what takes it out of the store. */
  forget(endpoint: OwnEndpoint): Change {
    this.#all.delete(endpoint.endpointId);
    return { kind: 'delete', key: this.#cluster.keys.endpoint(endpoint) };
  }

  /** What tells the others its new name. */
  rename(containerId: string, name: string): Change[] {
    return this.of(containerId).map((old) => {
      const names = [name, ...old.names.filter((one) => one !== old.name && one !== name)];
      const endpoint = { ...old, name, names };
      this.#all.set(endpoint.endpointId, endpoint);
      return this.#put(endpoint);
    });
  }

  /** After this host was let in (again): those it has, and no others, of a life before. */
  async reconcile(entries: readonly StoredKey[]): Promise<void> {
    const { etcd, keys, mirror, hostId } = this.#cluster;
    const networks = new Set(entries.flatMap(({ key }) => keys.parse(key)?.networkId ?? []));
    const stale = [...networks]
      .flatMap((id) => mirror.endpoints(id))
      .filter(({ host, endpointId }) => host === hostId && !this.#all.has(endpointId));
    for (const endpoint of stale) await etcd.commit([], [{ kind: 'delete', key: keys.endpoint(endpoint) }]);
    for (const endpoint of this.#all.values()) await etcd.commit([], [this.#put(endpoint)]);
  }

  #put({ index: _here, ...document }: OwnEndpoint): Change {
    const { keys, leases } = this.#cluster;
    return { kind: 'put', key: keys.endpoint(document), value: JSON.stringify(document), lease: leases().alive };
  }
}
