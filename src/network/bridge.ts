// Bridge networks: each an interface on the host with its addresses and rules, and for each container a veth pair between it and
// the container's own namespace. When a container starts nothing is asked of the host: all of it travels in the launch plan.
import { randomBytes } from 'node:crypto';
import type { Ledger } from '../store/ledger.ts';
import { messageOf } from '../util/errors.ts';
import { type Cidr, formatCidr, parseAddress, parseCidr } from './address.ts';
import { type BridgeLink, networkOwner, prepareBridge } from './bridge-link.ts';
import { parseBridgeOptions } from './bridge-options.ts';
import type { Firewall } from './firewall.ts';
import { enableForwarding } from './forwarding.ts';
import type { HostFiles } from './host-files.ts';
import { hasErrno, type Kernel } from './kernel.ts';
import { createVeth, isolatePort, reflectPort, setAlias } from './netlink/link.ts';
import { addAddress } from './netlink/route.ts';
import type { Driver, Link, LinkRequest } from './network.ts';
import type { NetworkRecord } from './records.ts';

export interface BridgeDriverOptions {
  readonly kernel: Kernel;
  readonly ledger: Pick<Ledger, 'record' | 'list' | 'undo'>;
  readonly firewall: Firewall;
  readonly files: HostFiles;
  /** The default bridge: whose networks these are, for people who look at the host. */
  readonly owner: string;
  readonly warn: (message: string) => void;
  /** The host's loopback addresses lead into containers (published ports without a proxy). */
  readonly loopback: boolean;
}

interface Bridge {
  readonly index: number;
  readonly icc: boolean;
  readonly mtu: number | undefined;
}

/** Name of the interface on the host. */
function bridgeName(network: NetworkRecord): string {
  return parseBridgeOptions(network.definition.options).name ?? `br-${network.id.slice(0, 12)}`;
}

export class BridgeDriver implements Driver {
  readonly #options: BridgeDriverOptions;
  /** By network id: those that are up. */
  readonly #bridges = new Map<string, Bridge>();

  constructor(options: BridgeDriverOptions) {
    this.#options = options;
  }

  up(network: NetworkRecord): void {
    const { kernel, ledger, owner } = this.#options;
    const { mtu } = parseBridgeOptions(network.definition.options);
    const [wanted] = gatewaysOf(network).filter(({ family }) => family === 4);
    const name = bridgeName(network);
    const link = prepareBridge({
      ...{ kernel, ledger, owner: networkOwner(network.id), name, wanted, previous: undefined, mtu, pools: [] },
      bare: wanted === undefined,
    });
    kernel.route(setAlias(link.index, `network ${network.name} of tsker (${owner})`));
    this.adopt(network, link);
  }

  /** Takes an interface that is there for a network's own: gives it the other addresses, and the rules. */
  adopt(network: NetworkRecord, link: BridgeLink): void {
    const { firewall, files, warn } = this.#options;
    const { icc, masquerade, mtu } = parseBridgeOptions(network.definition.options);
    const { internal, ipam } = network.definition;
    const name = bridgeName(network);
    const subnets = ipam.config.map(({ subnet }) => parseCidr(subnet));
    enableForwarding(files, subnets.some(({ family }) => family === 6) ? [4, 6] : [4], warn);
    this.#addOtherAddresses(network, link);
    if (this.#options.loopback) files.write(`/proc/sys/net/ipv4/conf/${name}/route_localnet`, '1');
    firewall.put(network.id, { bridge: name, subnets, masquerade, internal, icc });
    this.#bridges.set(network.id, { index: link.index, icc, mtu });
  }

  async down(network: NetworkRecord): Promise<void> {
    this.#bridges.delete(network.id);
    this.#options.firewall.remove(network.id);
    await this.#options.ledger.undo(networkOwner(network.id));
  }

  prefix(network: NetworkRecord): string {
    return parseBridgeOptions(network.definition.options).containerPrefix;
  }

  link({ network, interfaceName, index, mac }: LinkRequest): Link {
    const bridge = this.#bridges.get(network.id);
    if (bridge === undefined) throw new Error(`the bridge of network ${network.name} is not up`);
    const { icc, mtu } = bridge;
    const name = `veth${randomBytes(5).toString('hex')}`;
    const veth = { name, master: bridge.index, peerName: interfaceName, peerMac: mac, index, mtu };
    return {
      hostName: name,
      layer3: false,
      make: (peerNamespace) => [
        createVeth({ ...veth, peerNamespace }),
        ...(icc ? [] : [isolatePort(index)]),
        ...(this.#options.loopback ? [reflectPort(index)] : []),
      ],
    };
  }

  #addOtherAddresses(network: NetworkRecord, { index, cidr }: BridgeLink): void {
    const { kernel, files } = this.#options;
    const others = gatewaysOf(network).filter((one) => cidr === undefined || formatCidr(one) !== formatCidr(cidr));
    if (others.some(({ family }) => family === 6)) {
      files.write(`/proc/sys/net/ipv6/conf/${bridgeName(network)}/disable_ipv6`, '0');
    }
    for (const other of others) {
      try {
        kernel.route(addAddress(index, other));
      } catch (error) {
        if (!hasErrno(error, 'EEXIST'))
          throw new Error(`address ${formatCidr(other)}: ${messageOf(error)}`, { cause: error });
      }
    }
  }
}

/** The bridge's own addresses. */
function gatewaysOf(network: NetworkRecord): Cidr[] {
  return network.definition.ipam.config.flatMap(({ subnet, gateway }) => {
    if (gateway === undefined) return [];
    const { family, prefixLength } = parseCidr(subnet);
    return [{ family, address: parseAddress(gateway).value, prefixLength }];
  });
}
