// Addresses that a plugin hands out: IpamDriver.* of libnetwork's remote IPAM drivers (libnetwork/docs/ipam.md). Which subnets a network
// has is asked when it is created, which address a container has before each start; both are given back.
import { type Json, PluginRefusal } from '../plugin/call.ts';
import { type Plugins, refusalOf } from '../plugin/plugins.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import { KeyedMutex } from '../util/keyed-mutex.ts';
import { contains, formatAddress, formatSubnet, type Ip, ipOf, parseCidr } from './address.ts';
import type { AddressAuthority, AddressRequest } from './authority.ts';
import type { NetworkRequest } from './definition.ts';
import type { NetworkRecord, PoolDefinition } from './records.ts';

export interface RemoteIpamOptions {
  readonly plugins: Pick<Plugins, 'get'>;
  readonly warn: (message: string) => void;
}

const GATEWAY = 'com.docker.network.gateway';
const ADDRESS_TYPE = 'RequestAddressType';
const MAC = 'com.docker.network.endpoint.macaddress';

export class RemoteIpam implements AddressAuthority {
  readonly #options: RemoteIpamOptions;
  /** What is said of one network is said in order: an address that is given back can be asked for again at once. */
  readonly #order = new KeyedMutex();
  /** Networks that a plugin without a memory was told of since the daemon started. */
  readonly #told = new Set<string>();

  constructor(options: RemoteIpamOptions) {
    this.#options = options;
  }

  /** The request with the subnets and gateways that the plugin gives it. Throws `not_found` when there is no such plugin. */
  async requestPools(request: NetworkRequest): Promise<NetworkRequest> {
    const { driver, options } = request.ipam;
    const { LocalDefaultAddressSpace: space } = await this.#ask(driver, 'GetDefaultAddressSpaces', {});
    const capabilities = await this.#capabilities(driver);
    const config: PoolDefinition[] = [];
    try {
      for (const wanted of wantedPools(request)) {
        config.push(await this.#requestPool(driver, { ...wanted, space: text(space), options: options ?? {} }));
      }
    } catch (error) {
      await this.#releaseAll(driver, config);
      throw error;
    }
    const macFirst = capabilities['RequiresMACAddress'] === true ? { macFirst: true } : {};
    return { ...request, ipam: { ...request.ipam, config, ...macFirst } };
  }

  /** The network is gone, or did not come to be; a plugin that does not take them back keeps nobody. */
  async releasePools({ ipam }: Pick<NetworkRecord['definition'], 'ipam'>): Promise<void> {
    await this.#releaseAll(ipam.driver, ipam.config);
  }

  allot(request: AddressRequest): Promise<Ip> {
    return this.#take(request, '');
  }

  claim(request: AddressRequest, address: Ip): Promise<Ip> {
    return this.#take(request, formatAddress(address));
  }

  release(network: NetworkRecord, _owner: string, addresses: readonly Ip[]): void {
    const { driver, config } = network.definition.ipam;
    for (const address of addresses) {
      const pool = config.find(({ subnet }) => contains(parseCidr(subnet), address));
      const body = { PoolID: pool?.poolId ?? '', Address: formatAddress(address) };
      void this.#order.run(network.id, () => this.#attempt(driver, 'ReleaseAddress', body));
    }
  }

  #take({ network, pool, mac }: AddressRequest, wanted: string): Promise<Ip> {
    const { driver, macFirst } = network.definition.ipam;
    return this.#order.run(network.id, async () => {
      await this.#replay(network);
      const options = macFirst === true ? { [MAC]: mac } : {};
      return ipOf(parseCidr(await this.#requestAddress(driver, { pool, wanted, options })));
    });
  }

  async #requestPool(driver: string, wanted: WantedPool): Promise<PoolDefinition> {
    const { subnet = '', ipRange = '', gateway, auxAddresses = {} } = wanted.pool;
    const body = { AddressSpace: wanted.space, Pool: subnet, SubPool: ipRange, Options: wanted.options, V6: wanted.v6 };
    const answer = await this.#ask(driver, 'RequestPool', body);
    const poolId = text(answer['PoolID']);
    // What is given back when something fails.
    let taken: PoolDefinition = { poolId, subnet: '' };
    try {
      const given = { poolId, subnet: formatSubnet(cidrOf(driver, 'RequestPool', answer['Pool'])) };
      const told = text(objectOf(answer['Data'])[GATEWAY]);
      const pool = { poolId, subnet: parseCidr(given.subnet) };
      const options = { [ADDRESS_TYPE]: GATEWAY };
      const own =
        gateway === undefined && told !== ''
          ? told
          : await this.#requestAddress(driver, { pool, wanted: gateway ?? '', options });
      taken = { ...given, gateway: formatAddress(ipOf(cidrOf(driver, 'RequestPool', own))) };
      for (const [name, address] of Object.entries(auxAddresses)) {
        await this.#requestAddress(driver, { pool, wanted: address, options: {} });
        taken = { ...taken, auxAddresses: { ...taken.auxAddresses, [name]: address } };
      }
      return { ...taken, ...(ipRange === '' ? {} : { ipRange }), auxAddresses };
    } catch (error) {
      await this.#releaseAll(driver, [taken]);
      throw error;
    }
  }

  /** With its prefix length, inside the pool. */
  async #requestAddress(
    driver: string,
    { pool, wanted, options }: { pool: AddressRequest['pool'] | GivenPool; wanted: string; options: Json },
  ): Promise<string> {
    const body = { PoolID: pool.poolId ?? '', Address: wanted, Options: options };
    const { Address: address } = await this.#ask(driver, 'RequestAddress', body);
    const cidr = cidrOf(driver, 'RequestAddress', address);
    if (contains(pool.subnet, ipOf(cidr))) return text(address);
    await this.#attempt(driver, 'ReleaseAddress', { PoolID: body.PoolID, Address: formatAddress(ipOf(cidr)) });
    throw new TskerError('internal', `IPAM plugin ${driver}: ${text(address)} is not in ${formatSubnet(pool.subnet)}`);
  }

  /** A plugin that has forgotten all when the engine starts is told again what was asked before. */
  async #replay({ id, definition }: NetworkRecord): Promise<void> {
    const { driver, config, options } = definition.ipam;
    if (this.#told.has(id)) return;
    if ((await this.#capabilities(driver))['RequiresRequestReplay'] === true) {
      const { LocalDefaultAddressSpace: space } = await this.#ask(driver, 'GetDefaultAddressSpaces', {});
      for (const pool of config) {
        const wanted = { pool, v6: pool.subnet.includes(':'), space: text(space), options: options ?? {} };
        await this.#requestPool(driver, wanted);
      }
    }
    this.#told.add(id);
  }

  /** Those written before there were any have none. */
  async #capabilities(driver: string): Promise<Json> {
    try {
      return await this.#ask(driver, 'GetCapabilities', {});
    } catch (error) {
      if (error instanceof PluginRefusal) return {};
      throw error;
    }
  }

  async #releaseAll(driver: string, pools: readonly PoolDefinition[]): Promise<void> {
    for (const { poolId: PoolID = '', gateway, auxAddresses = {} } of pools) {
      for (const Address of [...(gateway === undefined ? [] : [gateway]), ...Object.values(auxAddresses)]) {
        await this.#attempt(driver, 'ReleaseAddress', { PoolID, Address });
      }
      await this.#attempt(driver, 'ReleasePool', { PoolID });
    }
  }

  async #attempt(driver: string, method: string, body: Json): Promise<void> {
    try {
      await this.#ask(driver, method, body);
    } catch (error) {
      this.#options.warn(`IPAM plugin ${driver}: ${method}: ${messageOf(error)}`);
    }
  }

  async #ask(driver: string, method: string, body: Json): Promise<Json> {
    const plugin = await this.#options.plugins.get(driver, 'IpamDriver');
    const answer = await plugin.call(`IpamDriver.${method}`, body);
    const refusal = refusalOf({ Err: answer['Err'] ?? answer['Error'] });
    if (refusal !== undefined) throw new PluginRefusal(`IpamDriver.${method}: ${refusal.message}`);
    return answer;
  }
}

interface GivenPool {
  readonly poolId: string;
  readonly subnet: ReturnType<typeof parseCidr>;
}

interface WantedPool {
  readonly pool: Partial<PoolDefinition>;
  readonly v6: boolean;
  readonly space: string;
  readonly options: Readonly<Record<string, string>>;
}

/** Those the user says something of, and one of each family nothing is said of. */
function wantedPools({ enableIPv4, enableIPv6, ipam }: NetworkRequest): Pick<WantedPool, 'pool' | 'v6'>[] {
  const given = ipam.config
    .filter((pool) => Object.keys(pool).length > 0)
    .map((pool) => ({ pool, v6: pool.subnet?.includes(':') === true }));
  const lacks = (v6: boolean): boolean => !given.some((one) => one.v6 === v6);
  return [
    ...given,
    ...(enableIPv4 && lacks(false) ? [{ pool: {}, v6: false }] : []),
    ...(enableIPv6 && lacks(true) ? [{ pool: {}, v6: true }] : []),
  ];
}

function cidrOf(driver: string, method: string, value: unknown): ReturnType<typeof parseCidr> {
  try {
    return parseCidr(text(value));
  } catch (cause) {
    const message = `IPAM plugin ${driver}: ${method} answered ${JSON.stringify(value)}, which is no CIDR address`;
    throw new TskerError('internal', message, { cause });
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
