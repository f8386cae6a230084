// What the daemon sees of networking: it asks for an attachment before a start and gives it back after the end, and joins and
// leaves networks in between.

import type { Op } from '../native/ops.ts';
import type { Effects, NetworkSlots } from '../runtime/runtime.ts';
import type { NetworkRequest } from './definition.ts';
import type { LinkedPort } from './linked-ports.ts';
import type { Bindings } from './ports/published.ts';
import type { HeldPort } from './ports/reserve.ts';
import type { WantedPort } from './ports/wanted.ts';
import type { NetworkRecord } from './records.ts';

/** What a container wants of a network; stored with the container, by the network's name. */
export interface EndpointConfig {
  /** Name or id, as the user gave it. */
  readonly network: string;
  readonly aliases: readonly string[];
  /** `container:alias` or `container`. */
  readonly links: readonly string[];
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly linkLocal?: readonly string[];
  readonly macAddress?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  /** Of several networks the one with the highest has the default route. */
  readonly gatewayPriority: number;
}

/** One endpoint of a running container, as inspect shows it under NetworkSettings.Networks. */
export interface Endpoint {
  readonly networkName: string;
  readonly networkId: string;
  /** Of the network. */
  readonly driver?: string;
  readonly endpointId: string;
  /** Empty strings and 0 where there is no IPv4. */
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly macAddress: string;
  readonly address6?: string;
  readonly prefixLength6?: number;
  readonly gateway6?: string;
  /** In the container: `eth0`; undefined where there is none (host, none). */
  readonly interfaceName?: string;
  readonly interfaceIndex?: number;
  /** Names that others on the network find it by. */
  readonly dnsNames?: readonly string[];
  /** Of the network, and what this endpoint was asked to be: what decides where the default route goes. */
  readonly internal?: boolean;
  readonly gatewayPriority?: number;
  /** Its default route needs no gateway (ipvlan l3). */
  readonly layer3?: boolean;
  /** It leads nowhere itself, and is to have one beside it that does (gateway-network.ts): that one is `gatewayOnly`. */
  readonly viaGatewayNetwork?: boolean;
  readonly gatewayOnly?: boolean;
}

/** By what a container is known. */
export interface ContainerNames {
  readonly containerId: string;
  readonly name: string;
  readonly hostname: string;
}

export interface AttachRequest extends ContainerNames {
  /** HostConfig.NetworkMode, for containers that are on one network and ask nothing of it. */
  readonly mode: string;
  /** In the order of the interfaces; empty: one of `mode`. */
  readonly endpoints: readonly EndpointConfig[];
  /** --dns: whom the embedded server asks in place of the host's. */
  readonly dns: readonly string[];
  /** To be published on the host. */
  readonly ports: readonly WantedPort[];
  readonly effects: Effects;
}

/** Makes links and addresses; may be called several times: names and indexes are the attachment's, only the slots differ. */
export type NetworkSetup = (slots: NetworkSlots) => readonly Op[];

export interface Attachment {
  /** `new`: the runtime unshares a namespace and runs `setup` in it; `host`: the host's own. */
  readonly namespace: 'new' | 'host';
  readonly setup: NetworkSetup;
  /** How many sockets `setup` sends (NetworkSlots.sockets), to be given to `serve`. */
  readonly sockets: number;
  readonly endpoints: readonly Endpoint[];
  /** On which of the host's ports its own are. */
  readonly ports: Bindings;
  /** There when a plugin has a part in it: to be awaited, and what it gives to be used in place of this. */
  readonly prepare?: () => Promise<Attachment>;
}

/** A change of a running container's networks; the caller carries `setup` out in its namespace. */
export interface Change {
  readonly setup: NetworkSetup;
  readonly sockets: number;
  /** All that it then has. */
  readonly endpoints: readonly Endpoint[];
  /** As of an Attachment. */
  readonly prepare?: () => Promise<Change>;
}

export interface ConnectRequest extends ContainerNames {
  readonly config: EndpointConfig;
  /** What it has. */
  readonly endpoints: readonly Endpoint[];
  readonly dns: readonly string[];
  readonly effects: Effects;
}

export interface DisconnectRequest {
  readonly containerId: string;
  readonly networkId: string;
  readonly endpoints: readonly Endpoint[];
}

export interface RestoreRequest extends Pick<AttachRequest, 'containerId' | 'name' | 'hostname' | 'dns'> {
  readonly configs: readonly EndpointConfig[];
  readonly endpoints: readonly Endpoint[];
  /** As inspect has shown them. */
  readonly ports: Bindings;
}

/** What of an attachment has to be asked of others. */
export type ReserveRequest = Pick<AttachRequest, 'containerId' | 'mode' | 'endpoints'>;

/** An endpoint on another host. */
export interface DistantEndpoint {
  readonly endpointId: string;
  readonly name: string;
  readonly mac: string;
  /** With their prefix lengths. */
  readonly addresses: readonly string[];
}

export interface NetworkService {
  /**
   * Before `attach` and `connect`, which wait for nobody: takes the addresses that the cluster or a plugin hands out; undefined when
   * there are none. What was taken is given back by `detach` and `leave`.
   */
  reserve(request: ReserveRequest): Promise<void> | undefined;
  attach(request: AttachRequest): Attachment;
  /** Takes the sockets over and answers there until `detach`. */
  serve(containerId: string, sockets: readonly number[]): void;
  /** What a container had when the daemon died; `detach` follows. */
  recall(containerId: string, endpoints: readonly Endpoint[]): void;
  /**
   * A container that has outlived the daemon: its names and ports are what they were, its addresses it still has. What it is answered
   * is to be carried out in its namespace.
   */
  restore(request: RestoreRequest): Pick<Change, 'setup' | 'sockets'>;
  /** Frees addresses and names; the links die with their namespace. */
  detach(containerId: string): void;
  connect(request: ConnectRequest): Change;
  /** When the change was carried out, or came to nothing: `leave` gives back the addresses of one network. */
  disconnect(request: DisconnectRequest): Change;
  leave(containerId: string, networkId: string): void;
  /** Published ports lead to where it is now: after a change that was carried out. */
  redirect(containerId: string, endpoints: readonly Endpoint[]): void;
  /** What a container on the default bridge may reach there, where --icc=false lets it reach nobody; in place of what it could. */
  link(containerId: string, ports: readonly LinkedPort[]): void;
  /** Of a running container; both answer all that it then has. */
  publish(containerId: string, ports: readonly WantedPort[]): Bindings;
  withdraw(containerId: string, isMeant: (port: HeldPort) => boolean): Bindings;
  /** Resolves when the ports that were given up can be had again; to be waited for before more are wanted. */
  portsSettled(): Promise<void>;
  /** It is known by another name from now on. */
  rename(containerId: string, name: string): void;
  /** Throws what completeDefinition throws, `conflict` when the name is taken. */
  create(request: NetworkRequest): Promise<NetworkRecord>;
  /** Its bridge, rules and addresses go. The caller has seen that nobody is on it. */
  remove(network: NetworkRecord): Promise<void>;
  /** Somebody has, or is about to have, an address or a name on it. */
  isUsed(network: NetworkRecord): boolean;
  /** Who is on it on other hosts. */
  endpointsElsewhere(network: NetworkRecord): readonly DistantEndpoint[];
  /** Resolves when the networks of the cluster are known, or when that takes too long. */
  ready(): Promise<void>;
  /** By name, id or unique prefix of an id; throws not_found with Docker's `network x not found`. */
  find(reference: string): NetworkRecord;
  list(): readonly NetworkRecord[];
  /** Contents for the container's own /etc/hosts and /etc/resolv.conf. */
  hostsFile(request: HostsFileRequest): string;
  resolvConf(request: ResolvConfRequest): string;
  /** Takes all networks from the host; call it when no container runs. */
  close(): Promise<void>;
  /** Ends our part in them and leaves them to those who run on. */
  leaveRunning(): Promise<void>;
}

export interface HostsFileRequest {
  readonly hostname: string;
  readonly domainname: string;
  readonly extraHosts: readonly string[];
  /** Other containers by address and names: legacy links. */
  readonly links: readonly { readonly address: string; readonly names: readonly string[] }[];
  readonly endpoints: readonly Endpoint[];
  readonly mode: string;
}

export interface ResolvConfRequest {
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly endpoints: readonly Endpoint[];
  readonly mode: string;
}

/** One endpoint's link: messages that make it, sent in the host's namespace. */
export interface Link {
  /** `namespace`: a descriptor of the container's in the process that sends. */
  readonly make: (namespace: number) => readonly Buffer[];
  /** Name of its end on the host; undefined where there is none. */
  readonly hostName: string | undefined;
  /** The default route needs no gateway (ipvlan l3). */
  readonly layer3: boolean;
  /** The default route and published ports need another interface (gateway-network.ts). */
  readonly viaGatewayNetwork?: boolean;
  /** What has to be done elsewhere before `make`: by a plugin, in the cluster. */
  readonly prepare?: () => Promise<Routes>;
}

/** Gateways other than the network's. */
export interface Routes {
  readonly gateway?: string;
  readonly gateway6?: string;
}

export interface LinkRequest {
  readonly network: NetworkRecord;
  readonly interfaceName: string;
  readonly index: number;
  readonly mac: Buffer;
  readonly containerId: string;
  readonly endpointId: string;
  /** The container's name, and all names that others on the network find it by. */
  readonly name: string;
  readonly names: readonly string[];
  /** With their prefix lengths; '' where there is none. */
  readonly address: string;
  readonly address6: string;
}

/** One kind of network that has links: bridge, macvlan, ipvlan, overlay, those of plugins. */
export interface Driver {
  /** Makes on the host what the network needs, written down in the ledger before. */
  up(network: NetworkRecord): void;
  /** Takes it away again. */
  down(network: NetworkRecord): Promise<void>;
  /** Of a plugin: when a network is created, and when it is removed for good. */
  announce?(network: NetworkRecord): Promise<void>;
  withdraw?(network: NetworkRecord): Promise<void>;
  link(request: LinkRequest): Link;
  /** `eth`. */
  prefix(network: NetworkRecord): string;
}
