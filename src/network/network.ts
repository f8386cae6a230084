// What the daemon sees of networking: it asks for an attachment before a start and gives it back after the end.

import type { Op } from '../native/ops.ts';
import type { Effects, NetworkSlots } from '../runtime/runtime.ts';

/** One endpoint of a container, as inspect shows it under NetworkSettings.Networks. */
export interface Endpoint {
  readonly networkName: string;
  readonly networkId: string;
  readonly endpointId: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly macAddress: string;
  readonly address6?: string;
  readonly prefixLength6?: number;
  readonly gateway6?: string;
}

export interface AttachRequest {
  readonly containerId: string;
  /** HostConfig.NetworkMode: `default`, `bridge`, `host`, `none`. */
  readonly mode: string;
  readonly macAddress?: string;
  readonly effects: Effects;
}

export interface Attachment {
  /** `new`: the runtime unshares a namespace and runs `setup` in it; `host`: the host's own. */
  readonly namespace: 'new' | 'host';
  /** May be called several times for one start: names and indexes are the attachment's, only the slots differ. */
  readonly setup: (slots: NetworkSlots) => readonly Op[];
  readonly endpoints: readonly Endpoint[];
}

/** One kind of network: bridge, host, none. */
export interface Driver {
  attach(request: AttachRequest): Attachment;
}

/** One network, as lists show it. */
export interface NetworkSummary {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly scope: string;
  /** RFC 3339. */
  readonly created: string;
  /** Of networks that give out addresses: `172.17.0.0/16`, `172.17.0.1`. */
  readonly subnet?: string;
  readonly gateway?: string;
  /** The host's interface. */
  readonly bridge?: string;
}

export interface NetworkService {
  attach(request: AttachRequest): Attachment;
  /** Frees addresses; the veth dies with its namespace. */
  detach(containerId: string): void;
  /** Contents for the container's own /etc/hosts and /etc/resolv.conf. */
  hostsFile(request: {
    hostname: string;
    domainname: string;
    extraHosts: readonly string[];
    endpoints: readonly Endpoint[];
    mode: string;
  }): string;
  resolvConf(request: {
    dns: readonly string[];
    dnsSearch: readonly string[];
    dnsOptions: readonly string[];
    mode: string;
  }): string;
  networks(): readonly NetworkSummary[];
}
