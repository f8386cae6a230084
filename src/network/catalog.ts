// The networks there are: those every daemon has, and those that were created. Finds them, makes them, takes them away, each with
// the driver that knows how.
import { messageOf, TskerError, withCleanupFailure } from '../util/errors.ts';
import { type Cidr, parseCidr } from './address.ts';
import { completeDefinition, type NetworkRequest } from './definition.ts';
import type { Addresses } from './ipam.ts';
import type { Kernel } from './kernel.ts';
import type { Driver } from './network.ts';
import { GLOBAL_POOLS } from './overlay/definition.ts';
import type { Overlay } from './overlay/overlay.ts';
import type { NetworkDefinition, NetworkRecord, NetworkRecords, PoolDefinition } from './records.ts';
import type { RemoteDrivers } from './remote.ts';
import type { RemoteIpam } from './remote-ipam.ts';
import type { AddressPool } from './subnet.ts';

export interface CatalogOptions {
  readonly records: NetworkRecords;
  readonly addresses: Addresses;
  /** By driver name: those that have links. */
  readonly drivers: ReadonlyMap<string, Driver>;
  /** Those of plugins; undefined: there are none. */
  readonly remote?: RemoteDrivers;
  /** Addresses of plugins; undefined: there are none. */
  readonly remoteIpam?: Pick<RemoteIpam, 'requestPools' | 'releasePools'>;
  /** Networks of all hosts; undefined: the daemon is in no cluster. */
  readonly overlay?: Pick<Overlay, 'create' | 'remove'>;
  readonly kernel: Kernel;
  readonly pools: readonly AddressPool[];
  /** Those every daemon has. */
  readonly builtIn: readonly NetworkRecord[];
}

export class Catalog {
  readonly #options: CatalogOptions;
  readonly #networks = new Map<string, NetworkRecord>();
  /** Ids of those that came up. */
  readonly #up = new Set<string>();

  constructor(options: CatalogOptions) {
    this.#options = options;
    for (const network of options.builtIn) this.#remember(network);
  }

  /** Brings up what was created before the daemon started. One that cannot be is said, and refused when it is used. */
  restore(warn: (message: string) => void): void {
    const builtIn = new Set(this.#networks.keys());
    for (const network of this.#options.records.list()) {
      if (builtIn.has(network.id) || BUILT_IN.includes(network.name)) continue;
      this.#networks.set(network.id, network);
      try {
        this.driverOf(network).up(network);
        this.#up.add(network.id);
      } catch (error) {
        warn(`network ${network.name} could not be brought up: ${messageOf(error)}`);
      }
    }
  }

  list(): NetworkRecord[] {
    return [...this.#networks.values()];
  }

  /** By name, id, or unique prefix of an id. */
  find(reference: string): NetworkRecord {
    const all = this.list();
    const exact = all.find(({ id, name }) => name === reference || id === reference);
    const matching = exact === undefined && reference !== '' ? all.filter(({ id }) => id.startsWith(reference)) : [];
    if (matching.length > 1) {
      throw new TskerError(
        'invalid',
        `network ${reference} is ambiguous (${matching.length} matches found based on ID prefix)`,
      );
    }
    const found = exact ?? matching[0];
    if (found === undefined) throw new TskerError('not_found', `network ${reference} not found`);
    return found;
  }

  /** Throws `unavailable` for a network that did not come up. */
  requireUp(network: NetworkRecord): NetworkRecord {
    if (this.#up.has(network.id)) return network;
    throw new TskerError('unavailable', `network ${network.name} could not be brought up when the daemon started`, {
      hint: 'the log of the daemon says why; it is tried again when the daemon starts',
    });
  }

  /** Of a network that has links. */
  driverOf(network: NetworkRecord): Driver {
    const { drivers, remote } = this.#options;
    const driver = drivers.get(network.driver) ?? remote?.driver(network.driver);
    if (driver === undefined) throw new TskerError('not_found', `plugin "${network.driver}" not found`);
    return driver;
  }

  get remote(): RemoteDrivers | undefined {
    return this.#options.remote;
  }

  /** Neither one of tsker's own nor one without links. */
  isRemote(driver: string): boolean {
    return !['', 'host', 'null', OVERLAY].includes(driver) && !this.#options.drivers.has(driver);
  }

  /** One that is there for all hosts of the cluster. */
  adopt(network: NetworkRecord): void {
    this.#remember(network);
  }

  /** One that is gone from all of them. */
  forget(id: string): void {
    this.#networks.delete(id);
    this.#up.delete(id);
    this.#options.addresses.forget(id);
  }

  /** What is stored and made is so before this waits for anything but a plugin. */
  async create(request: NetworkRequest): Promise<NetworkRecord> {
    const { remote } = this.#options;
    const isRemote = remote !== undefined && this.isRemote(request.driver);
    if (isRemote) await remote.require(request.driver);
    if (this.list().some(({ name }) => name === request.name) && !BUILT_IN.includes(request.name)) {
      throw new TskerError('conflict', `network with name ${request.name} already exists`);
    }
    if (request.driver === OVERLAY) return await this.#createGlobal(request);
    const { records } = this.#options;
    const definition = await this.#complete(request, isRemote ? [request.driver] : []);
    const network = records.insert({ ...request, definition });
    try {
      this.driverOf(network).up(network);
      if (isRemote) await this.driverOf(network).announce?.(network);
    } catch (error) {
      records.delete(network.id);
      await this.driverOf(network)
        .down(network)
        .catch((cleanup: unknown) => {
          throw withCleanupFailure(error, cleanup);
        });
      await this.#releasePools(network);
      throw error;
    }
    this.#remember(network);
    return network;
  }

  async remove(network: NetworkRecord): Promise<void> {
    if (BUILT_IN.includes(network.name)) {
      throw new TskerError('forbidden', `${network.name} is a pre-defined network and cannot be removed`);
    }
    const { records, addresses, drivers, overlay } = this.#options;
    if (network.driver === OVERLAY) await overlay?.remove(network);
    // Nobody finds it any more while it is being taken away.
    this.#networks.delete(network.id);
    try {
      await drivers.get(network.driver)?.down(network);
      if (this.isRemote(network.driver)) await this.driverOf(network).withdraw?.(network);
    } catch (error) {
      this.#networks.set(network.id, network);
      throw error;
    }
    this.#up.delete(network.id);
    records.delete(network.id);
    addresses.forget(network.id);
    await this.#releasePools(network);
  }

  /** Takes all from the host that were created; they stay in the store. */
  async close(): Promise<void> {
    for (const network of this.list()) {
      if (!BUILT_IN.includes(network.name)) await this.#options.drivers.get(network.driver)?.down(network);
    }
  }

  /** With the subnets of a plugin when it is one that hands out the addresses. */
  async #complete(request: NetworkRequest, drivers: readonly string[]): Promise<NetworkDefinition> {
    const { pools, remoteIpam } = this.#options;
    const { driver } = request.ipam;
    if (remoteIpam === undefined || driver === DEFAULT_IPAM) {
      return completeDefinition(request, { ...this.#surroundings(), pools, plugins: drivers });
    }
    const given = await remoteIpam.requestPools(request);
    try {
      const around = { ...this.#surroundings(), pools, plugins: [...drivers, driver] };
      const userSubnets = request.ipam.config.some(({ subnet }) => subnet !== undefined);
      return { ...completeDefinition(given, around), userSubnets };
    } catch (error) {
      await remoteIpam.releasePools({ ipam: { ...given.ipam, config: given.ipam.config.filter(hasSubnet) } });
      throw error;
    }
  }

  async #releasePools({ definition }: NetworkRecord): Promise<void> {
    if (definition.ipam.driver !== DEFAULT_IPAM) await this.#options.remoteIpam?.releasePools(definition);
  }

  async #createGlobal(request: NetworkRequest): Promise<NetworkRecord> {
    const { overlay, pools } = this.#options;
    if (overlay === undefined) {
      throw new TskerError('unavailable', 'datastore for scope "global" is not initialized', {
        hint: 'overlay networks need a daemon with --cluster-store etcd://HOST:PORT and --cluster-advertise',
      });
    }
    if (request.ipam.driver !== DEFAULT_IPAM) {
      throw new TskerError('not_implemented', 'addresses of overlay networks come from the cluster, not from a plugin');
    }
    const withV6 = [...GLOBAL_POOLS, ...pools.filter(({ base }) => base.family === 6)];
    return await overlay.create(request, (completed, others) =>
      completeDefinition(completed, { ...this.#surroundings(others), pools: withV6 }),
    );
  }

  /** What a new network has to live beside. */
  #surroundings(others: readonly NetworkRecord[] = []): { networks: Cidr[]; host: Cidr[] } {
    const { kernel } = this.#options;
    const known = new Map([...this.list(), ...others].map((network) => [network.id, network]));
    return {
      networks: [...known.values()].flatMap(subnetsOf),
      host: [...kernel.addresses(), ...kernel.routes()],
    };
  }

  #remember(network: NetworkRecord): void {
    this.#networks.set(network.id, network);
    this.#up.add(network.id);
  }
}

const OVERLAY = 'overlay';
const DEFAULT_IPAM = 'default';

/** Names of the networks every daemon has. */
export const BUILT_IN: readonly string[] = ['bridge', 'host', 'none'];

function hasSubnet(pool: Partial<PoolDefinition>): pool is PoolDefinition {
  return pool.subnet !== undefined;
}

function subnetsOf({ definition }: NetworkRecord): Cidr[] {
  return definition.ipam.config.map(({ subnet }) => parseCidr(subnet));
}
