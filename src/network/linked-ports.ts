// --link where containers do not reach each other (--icc=false): the exposed ports of a container are open to the one that is linked to
// it, for as long as both run. Ports of such a bridge are isolated, so the host answers for the neighbours and routes between them, and
// lets through what a link says.
import { parseAddress } from './address.ts';
import type { Firewall } from './firewall.ts';
import type { HostFiles } from './host-files.ts';
import type { Protocol } from './protocols.ts';

export interface LinkedPort {
  /** Address of the one that is linked to the other, whose id and address follow. */
  readonly from: string;
  readonly target: string;
  readonly to: string;
  readonly protocol: Protocol;
  readonly port: number;
}

export interface LinkedPortsOptions {
  readonly firewall: Pick<Firewall, 'open'>;
  readonly files: HostFiles;
  /** The network and its interface. */
  readonly networkId: string;
  readonly bridge: string;
}

export class LinkedPorts {
  readonly #options: LinkedPortsOptions;
  /** By the container that may reach them. */
  readonly #open = new Map<string, readonly LinkedPort[]>();

  constructor(options: LinkedPortsOptions) {
    this.#options = options;
  }

  /** What a container may reach from now on, and nothing else of what it could before. */
  put(containerId: string, ports: readonly LinkedPort[]): void {
    if (this.#open.size === 0 && ports.length > 0) this.#routeBetween();
    if (ports.length === 0 && !this.#open.delete(containerId)) return;
    if (ports.length > 0) this.#open.set(containerId, ports);
    this.#apply();
  }

  /** It has ended: another may have its address by and by. */
  remove(containerId: string): void {
    let changed = this.#open.delete(containerId);
    for (const [id, ports] of this.#open) {
      const rest = ports.filter(({ target }) => target !== containerId);
      if (rest.length === ports.length) continue;
      changed = true;
      this.#open.set(id, rest);
    }
    if (changed) this.#apply();
  }

  #apply(): void {
    const all = [...this.#open.values()].flat();
    this.#options.firewall.open(
      this.#options.networkId,
      all.map((one) => ({ ...one, from: parseAddress(one.from), to: parseAddress(one.to) })),
    );
  }

  /** The host answers ARP for those on the bridge, at once, and does not send them away to each other. */
  #routeBetween(): void {
    const { files, bridge } = this.#options;
    files.write(`/proc/sys/net/ipv4/neigh/${bridge}/proxy_delay`, '0');
    files.write(`/proc/sys/net/ipv4/conf/${bridge}/proxy_arp_pvlan`, '1');
    files.write(`/proc/sys/net/ipv4/conf/${bridge}/send_redirects`, '0');
  }
}
