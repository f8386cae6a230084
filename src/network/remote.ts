// Networks that a plugin makes: NetworkDriver.* of libnetwork's remote drivers. The plugin makes an interface on the host for
// each endpoint and says its name; addresses are tsker's own, and so is moving the interface into the container.
import { type Json, PluginRefusal } from '../plugin/call.ts';
import { type Plugin, type Plugins, refusalOf } from '../plugin/plugins.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import { KeyedMutex } from '../util/keyed-mutex.ts';
import type { Kernel } from './kernel.ts';
import { formatMac } from './mac.ts';
import { moveLink } from './netlink/link.ts';
import type { Driver, Endpoint, Link, LinkRequest, Routes } from './network.ts';
import type { NetworkRecord } from './records.ts';

export interface RemoteDriversOptions {
  readonly plugins: Pick<Plugins, 'get'>;
  readonly kernel: Kernel;
  readonly warn: (message: string) => void;
}

interface Joined {
  readonly driver: string;
  readonly networkId: string;
  readonly endpointId: string;
}

/** The drivers of all plugins, by their names. */
export class RemoteDrivers {
  readonly #options: RemoteDriversOptions;
  /** Container → what plugins have made for it. */
  readonly #joined = new Map<string, Joined[]>();
  /** What is said of one endpoint is said in order, whoever waits for it. */
  readonly #order = new KeyedMutex();
  /** Network → endpoints that are being given back. */
  readonly #leaving = new Map<string, Set<Promise<void>>>();

  constructor(options: RemoteDriversOptions) {
    this.#options = options;
  }

  /** Throws `not_found` in Docker's words when there is no such plugin, after it was waited for. */
  async require(name: string): Promise<void> {
    await this.#plugin(name);
  }

  /** Nothing of such a network is on the host before somebody is on it, and nothing has to be brought up with the daemon. */
  driver(name: string): Driver {
    return {
      up: () => undefined,
      down: () => Promise.resolve(),
      announce: (network) => this.#announce(name, network),
      withdraw: (network) => this.#withdraw(name, network),
      prefix: () => 'eth',
      link: (request) => this.#link(name, request),
    };
  }

  /** What a daemon that died has had plugins make for a container. */
  recall(containerId: string, endpoints: readonly Endpoint[], isRemote: (driver: string) => boolean): void {
    for (const { driver = '', networkId, endpointId } of endpoints) {
      if (isRemote(driver)) this.#note(containerId, { driver, networkId, endpointId });
    }
  }

  /** Of one network, or of all. Nobody waits for it: a plugin that does not answer keeps no container from ending. */
  leave(containerId: string, networkId?: string): void {
    const all = this.#joined.get(containerId) ?? [];
    const gone = all.filter((one) => networkId === undefined || one.networkId === networkId);
    const rest = all.filter((one) => !gone.includes(one));
    if (rest.length > 0) this.#joined.set(containerId, rest);
    else this.#joined.delete(containerId);
    for (const one of gone) this.#giveBack(one);
  }

  #giveBack(one: Joined): void {
    const leaving = this.#leaving.get(one.networkId) ?? new Set();
    this.#leaving.set(one.networkId, leaving);
    const left = this.#order.run(one.endpointId, () => this.#leaveOne(one));
    leaving.add(left);
    void left.finally(() => leaving.delete(left));
  }

  /** A plugin would not take a network away that somebody is still on. */
  async #withdraw(name: string, { id }: NetworkRecord): Promise<void> {
    await Promise.all(this.#leaving.get(id) ?? []);
    await this.#ask(name, 'DeleteNetwork', { NetworkID: id });
    this.#leaving.delete(id);
  }

  async #leaveOne({ driver, networkId: NetworkID, endpointId: EndpointID }: Joined): Promise<void> {
    for (const method of ['Leave', 'DeleteEndpoint']) {
      try {
        await this.#ask(driver, method, { NetworkID, EndpointID });
      } catch (error) {
        this.#options.warn(`network plugin ${driver}: ${method} of ${EndpointID.slice(0, 12)}: ${messageOf(error)}`);
      }
    }
  }

  #note(containerId: string, joined: Joined): void {
    this.#joined.set(containerId, [...(this.#joined.get(containerId) ?? []), joined]);
  }

  async #announce(name: string, network: NetworkRecord): Promise<void> {
    const { definition } = network;
    const data = (family: 4 | 6): Json[] =>
      definition.ipam.config
        .filter(({ subnet }) => subnet.includes(':') === (family === 6))
        .map(({ subnet, gateway, auxAddresses = {} }) => ({
          AddressSpace: 'LocalDefault',
          Pool: subnet,
          ...(gateway === undefined ? {} : { Gateway: `${gateway}/${subnet.split('/')[1]}` }),
          AuxAddresses: auxAddresses,
        }));
    await this.#ask(name, 'CreateNetwork', {
      NetworkID: network.id,
      Options: {
        'com.docker.network.enable_ipv6': definition.enableIPv6,
        'com.docker.network.generic': definition.options,
      },
      IPv4Data: data(4),
      IPv6Data: data(6),
    });
  }

  #link(
    name: string,
    { network, interfaceName, index, mac, containerId, endpointId, address, address6 }: LinkRequest,
  ): Link {
    const place = { NetworkID: network.id, EndpointID: endpointId };
    let source: number | undefined;
    return {
      hostName: undefined,
      layer3: false,
      prepare: () =>
        this.#order.run(endpointId, async () => {
          this.#note(containerId, { driver: name, networkId: network.id, endpointId });
          const wanted = { Address: address, AddressIPv6: address6, MacAddress: formatMac(mac) };
          await this.#ask(name, 'CreateEndpoint', { ...place, Interface: wanted, Options: {} });
          const joined = await this.#ask(name, 'Join', { ...place, SandboxKey: '', Options: {} });
          source = this.#findInterface(name, joined['InterfaceName']);
          return routesOf(joined);
        }),
      make: (namespace) => {
        if (source === undefined) throw new Error(`the interface of network ${network.name} has not been made`);
        return [moveLink({ source, name: interfaceName, index, mac, namespace })];
      },
    };
  }

  #findInterface(plugin: string, given: unknown): number {
    const name = isObject(given) ? given['SrcName'] : undefined;
    const found = this.#options.kernel.links().find((link) => link.name === name);
    if (found !== undefined) return found.index;
    throw new TskerError(
      'internal',
      `network plugin ${plugin}: there is no interface ${JSON.stringify(name)} on the host`,
    );
  }

  async #ask(name: string, method: string, body: Json): Promise<Json> {
    const answer = await (await this.#plugin(name)).call(`NetworkDriver.${method}`, body);
    const refusal = refusalOf(answer);
    if (refusal !== undefined) throw new PluginRefusal(`NetworkDriver.${method}: ${refusal.message}`);
    return answer;
  }

  #plugin(name: string): Promise<Plugin> {
    return this.#options.plugins.get(name, 'NetworkDriver');
  }
}

/** Where the plugin wants what is for elsewhere to go; what it does not say is the network's gateway. */
function routesOf({ Gateway: gateway, GatewayIPv6: gateway6 }: Json): Routes {
  return {
    ...(typeof gateway === 'string' && gateway !== '' ? { gateway } : {}),
    ...(typeof gateway6 === 'string' && gateway6 !== '' ? { gateway6 } : {}),
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
