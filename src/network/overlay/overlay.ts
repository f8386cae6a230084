// Networks over many hosts: keeps what the store says and what this host has in step. Made when the daemon has a --cluster-store;
// what reaches the kernel is driver.ts, whose an address is claims.ts.
import { messageOf } from '../../util/errors.ts';
import { formatAddress, type Ip } from '../address.ts';
import type { AddressAuthority, AddressRequest } from '../authority.ts';
import type { NetworkRequest } from '../definition.ts';
import type { Directory } from '../dns/directory.ts';
import type { Addresses } from '../ipam.ts';
import type { NetworkRecord } from '../records.ts';
import { Claims } from './claims.ts';
import type { Cluster } from './cluster.ts';
import { type EndpointDocument, Keys } from './documents.ts';
import { OverlayDriver, type OverlayDriverOptions } from './driver.ts';
import { Etcd } from './etcd.ts';
import type { StoredKey, StoreEvent } from './etcd-messages.ts';
import { type Complete, GlobalNetworks } from './global-networks.ts';
import { Mirror } from './mirror.ts';
import type { ClusterOptions } from './options.ts';
import { OwnEndpoints } from './own-endpoints.ts';
import { Session } from './session.ts';

export interface OverlayOptions extends Omit<OverlayDriverOptions, 'peersOf' | 'publish'> {
  readonly cluster: ClusterOptions;
  /** Which of them are held by containers of this host. */
  readonly addresses: Pick<Addresses, 'all'>;
}

/** Who is told of networks and of those on them. */
export interface Listeners {
  readonly networks: {
    adopt(network: NetworkRecord): void;
    forget(id: string): void;
  };
  readonly directory: Pick<Directory, 'add' | 'remove'>;
}

/** Milliseconds that one server is waited for: less than makes a sign of life come too late. */
const LONGEST_WAIT = 3000;
/** Milliseconds that the start of the daemon waits for the store. */
const PATIENCE = 5000;

export class Overlay implements AddressAuthority {
  readonly driver: OverlayDriver;
  readonly #options: OverlayOptions;
  readonly #cluster: Cluster;
  readonly #session: Session;
  readonly #claims: Claims;
  readonly #own: OwnEndpoints;
  readonly #global: GlobalNetworks;
  /** By network, the endpoints of other hosts that names are answered for. */
  readonly #named = new Map<string, ReadonlyMap<string, EndpointDocument>>();
  /** By network, what is being given back: what it was may be wanted again at once. */
  readonly #leaving = new Map<string, Set<Promise<void>>>();
  #listeners: Listeners | undefined;

  constructor(options: OverlayOptions) {
    const { cluster, hostId, warn } = options;
    const { store, heartbeat, ttl } = cluster;
    const keys = new Keys(cluster.prefix);
    const etcd = new Etcd({ ...cluster, timeout: Math.min(LONGEST_WAIT, (ttl - heartbeat) * 1000) });
    const mirror = new Mirror(keys);
    this.#options = options;
    this.#session = new Session({
      ...{ etcd, store, heartbeat, ttl, warn, root: keys.root },
      connected: (entries) => this.#connected(entries),
      changed: (events) => this.#changed(events),
    });
    this.#cluster = { etcd, keys, mirror, hostId, warn, leases: () => this.#session.leases };
    this.#claims = new Claims(this.#cluster);
    this.#own = new OwnEndpoints(this.#cluster);
    this.#global = new GlobalNetworks(this.#cluster);
    this.driver = new OverlayDriver({
      ...options,
      peersOf: (networkId) => this.endpointsElsewhere(networkId),
      publish: (endpoint) => this.#own.publish(endpoint),
    });
  }

  start(listeners: Listeners): void {
    this.#listeners = listeners;
    this.#session.start();
  }

  /** Resolves when the networks of the cluster are known, or when that takes too long. */
  ready(): Promise<void> {
    return this.#session.ready(PATIENCE);
  }

  async create(request: NetworkRequest, complete: Complete): Promise<NetworkRecord> {
    await this.ready();
    const network = await this.#global.create(request, complete);
    const { keys } = this.#cluster;
    const entry = { key: keys.network(network.id), value: JSON.stringify(network), revision: '0', lease: '0' };
    this.#changed([{ kind: 'put', entry }]);
    return network;
  }

  /** From the store; what this host has of it goes as for all the others. */
  async remove(network: NetworkRecord): Promise<void> {
    await this.#settled(network.id);
    await this.#global.remove(network);
    this.#cluster.mirror.apply([{ kind: 'delete', key: this.#cluster.keys.network(network.id) }]);
  }

  endpointsElsewhere(networkId: string): EndpointDocument[] {
    const { mirror, hostId } = this.#cluster;
    return mirror.endpoints(networkId).filter(({ host }) => host !== hostId);
  }

  async allot({ pool, owner }: AddressRequest): Promise<Ip> {
    await this.#settled(pool.networkId);
    return await this.#claims.allot(pool, owner);
  }

  async claim({ pool, owner }: AddressRequest, address: Ip): Promise<Ip> {
    await this.#settled(pool.networkId);
    return await this.#claims.claim(pool, address, owner);
  }

  /** Endpoints and addresses, in one transaction. What cannot be said now is made good when the store is reached again. */
  release({ id: networkId }: Pick<NetworkRecord, 'id'>, containerId: string, addresses: readonly Ip[]): void {
    const { etcd, warn } = this.#cluster;
    const endpoints = this.#own.of(containerId, networkId).map((endpoint) => this.#own.forget(endpoint));
    const claims = addresses.map((address) => this.#claims.release(networkId, formatAddress(address), containerId));
    const tell = async (): Promise<void> => {
      const conditions = claims.map(({ condition }) => condition);
      const all = await etcd.commit(conditions, [...endpoints, ...claims.map(({ change }) => change)]);
      if (!all && endpoints.length > 0) await etcd.commit([], endpoints);
    };
    const told = tell().catch((error: unknown) =>
      warn(`the cluster is not told that a container left: ${messageOf(error)}`),
    );
    const leaving = this.#leaving.get(networkId) ?? new Set();
    this.#leaving.set(networkId, leaving.add(told));
    void told.then(() => {
      leaving.delete(told);
      if (leaving.size === 0 && this.#leaving.get(networkId) === leaving) this.#leaving.delete(networkId);
    });
  }

  rename(containerId: string, name: string): void {
    const changes = this.#own.rename(containerId, name);
    if (changes.length === 0) return;
    const { etcd, warn } = this.#cluster;
    etcd
      .commit([], changes)
      .catch((error: unknown) => warn(`the cluster is not told of a new name: ${messageOf(error)}`));
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #settled(networkId: string): Promise<void> {
    await Promise.all(this.#leaving.get(networkId) ?? []);
  }

  async #connected(entries: readonly StoredKey[]): Promise<void> {
    const { mirror } = this.#cluster;
    for (const networkId of mirror.reset(entries)) this.#refresh(networkId);
    const held = this.#options.addresses.all().filter(({ networkId }) => mirror.network(networkId) !== undefined);
    for (const lost of await this.#claims.reconcile(entries, held)) this.#giveUp(lost);
    await this.#own.reconcile(entries);
  }

  /** Somebody else has the address: this host was away for longer than it is kept. */
  #giveUp({ networkId, address, owner }: { networkId: string; address: string; owner: string }): void {
    const { warn } = this.#cluster;
    const who = owner.slice(0, 12);
    warn(
      `container ${who} has lost its address ${address} to another host: it is off that network until it starts again`,
    );
    for (const endpoint of this.#own.of(owner, networkId)) {
      this.#own.forget(endpoint);
      this.driver.cutOff(endpoint.index);
    }
  }

  #changed(events: readonly StoreEvent[]): void {
    for (const networkId of this.#cluster.mirror.apply(events)) this.#refresh(networkId);
  }

  /** Brings what is here in step with what the store says of one network. */
  #refresh(networkId: string): void {
    const { warn, mirror } = this.#cluster;
    const network = mirror.network(networkId);
    if (network === undefined && this.#own.isOn(networkId)) {
      warn(
        `overlay network ${networkId.slice(0, 12)} is gone from the store, but not from this host, where it is in use`,
      );
      return;
    }
    this.#answerFor(networkId, network);
    if (network !== undefined) {
      this.#listeners?.networks.adopt(network);
      this.driver.refresh(networkId);
      return;
    }
    this.#listeners?.networks.forget(networkId);
    this.driver.down({ id: networkId }).catch((error: unknown) => {
      warn(`an overlay network that another host removed could not be taken down: ${messageOf(error)}`);
    });
  }

  /** Names of containers on other hosts. */
  #answerFor(networkId: string, network: NetworkRecord | undefined): void {
    const directory = this.#listeners?.directory;
    const before = this.#named.get(networkId) ?? new Map<string, EndpointDocument>();
    const now = network === undefined ? [] : this.endpointsElsewhere(networkId);
    const after = new Map(now.map((endpoint) => [endpoint.endpointId, endpoint]));
    for (const id of before.keys()) if (!after.has(id)) directory?.remove(id, networkId);
    for (const [id, endpoint] of after) {
      if (JSON.stringify(before.get(id)) === JSON.stringify(endpoint)) continue;
      const addresses = endpoint.addresses.map((cidr) => cidr.split('/')[0] ?? '');
      const { name, names } = endpoint;
      // Under the endpoint's id: a container that starts again may be there twice for a moment.
      directory?.add({
        ...{ containerId: id, name, names, addresses, links: [], isolated: false },
        ...{ networkId, networkName: network?.name ?? '' },
      });
    }
    if (after.size === 0) this.#named.delete(networkId);
    else this.#named.set(networkId, after);
  }
}
