// Who is on which network under which names: what the embedded name server answers from. In memory; it is as old as the daemon, as
// are the containers.
import { formatAddress, tryAddress } from '../address.ts';

/** A container on one network. */
export interface Member {
  readonly containerId: string;
  readonly networkId: string;
  readonly networkName: string;
  /** The container's. */
  readonly name: string;
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  /** `container:alias`: names that only this container knows. */
  readonly links: readonly string[];
  /** The network leads nowhere: names it does not know are not asked for elsewhere. */
  readonly isolated: boolean;
}

interface Network {
  /** By lower-case name. */
  readonly byName: Map<string, Member[]>;
  readonly byAddress: Map<string, Member>;
}

export class Directory {
  readonly #networks = new Map<string, Network>();
  /** In the order in which the container joined. */
  readonly #ofContainer = new Map<string, Member[]>();

  add(member: Member): void {
    this.remove(member.containerId, member.networkId);
    const network = this.#networks.get(member.networkId) ?? { byName: new Map(), byAddress: new Map() };
    this.#networks.set(member.networkId, network);
    for (const name of keysOf(member)) network.byName.set(name, [...(network.byName.get(name) ?? []), member]);
    for (const address of member.addresses) network.byAddress.set(address, member);
    this.#ofContainer.set(member.containerId, [...this.membersOf(member.containerId), member]);
  }

  /** From one network, or from all. */
  remove(containerId: string, networkId?: string): void {
    const [leaving, staying] = [[] as Member[], [] as Member[]];
    for (const member of this.membersOf(containerId)) {
      (networkId === undefined || member.networkId === networkId ? leaving : staying).push(member);
    }
    for (const member of leaving) this.#forget(member);
    if (staying.length === 0) this.#ofContainer.delete(containerId);
    else this.#ofContainer.set(containerId, staying);
  }

  rename(containerId: string, name: string): void {
    for (const member of this.membersOf(containerId)) {
      const names = [name, ...member.names.filter((one) => one !== member.name && one !== name)];
      this.add({ ...member, name, names });
    }
  }

  hasMembers(networkId: string): boolean {
    return this.#networks.has(networkId);
  }

  membersOf(containerId: string): readonly Member[] {
    return this.#ofContainer.get(containerId) ?? [];
  }

  /**
   * Addresses, of both families, of a name as one container sees it: its links first, then the networks in the order in which it
   * joined them. Undefined for a name that nobody has.
   */
  lookup(containerId: string, name: string): readonly string[] | undefined {
    const key = name.toLowerCase();
    for (const member of this.membersOf(containerId)) {
      const target = linkTarget(member, key);
      const found = this.#find(member, target ?? key);
      if (found !== undefined) return found.flatMap(({ addresses }) => addresses);
    }
    return undefined;
  }

  /** `web.backend` of an address that somebody has on one of the container's networks. */
  reverse(containerId: string, address: string): string | undefined {
    for (const { networkId } of this.membersOf(containerId)) {
      const found = this.#networks.get(networkId)?.byAddress.get(address);
      if (found !== undefined) return `${found.name}.${found.networkName}`;
    }
    return undefined;
  }

  #find({ networkId, networkName }: Member, key: string): readonly Member[] | undefined {
    const names = this.#networks.get(networkId)?.byName;
    const suffix = `.${networkName.toLowerCase()}`;
    return names?.get(key) ?? (key.endsWith(suffix) ? names?.get(key.slice(0, -suffix.length)) : undefined);
  }

  #forget(member: Member): void {
    const network = this.#networks.get(member.networkId);
    if (network === undefined) return;
    for (const name of keysOf(member)) {
      const others = (network.byName.get(name) ?? []).filter((one) => one !== member);
      if (others.length === 0) network.byName.delete(name);
      else network.byName.set(name, others);
    }
    for (const address of member.addresses) network.byAddress.delete(address);
    if (network.byName.size === 0) this.#networks.delete(member.networkId);
  }
}

/** A name is found by one key only once. */
function keysOf({ names, containerId }: Member): Set<string> {
  return new Set([...names, containerId.slice(0, 12)].map((name) => name.toLowerCase()));
}

function linkTarget({ links }: Member, key: string): string | undefined {
  for (const link of links) {
    const [target = '', alias = target] = link.split(':');
    if (alias.toLowerCase() === key) return target.toLowerCase();
  }
  return undefined;
}

/** The address that a name of the reverse trees stands for: `2.0.18.172.in-addr.arpa`, and the nibbles of `ip6.arpa`. */
export function reverseName(name: string): string | undefined {
  const v4 = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(name)?.[1];
  if (v4 !== undefined) return canonical(v4.split('.').slice(0, 4).reverse().join('.'));
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1];
  const groups = v6?.replaceAll('.', '').split('').reverse().join('').match(/.{4}/g);
  return groups === undefined || groups === null ? undefined : canonical(groups.join(':'));
}

function canonical(text: string): string | undefined {
  const ip = tryAddress(text);
  return ip === undefined ? undefined : formatAddress(ip);
}
