// Overlay networks on this host: for each on which somebody here is, a bridge without addresses, which the host itself is not on, and
// a tunnel that leads to the other hosts. Whom the tunnel leads to is told by the cluster, never learnt.
import { randomBytes } from 'node:crypto';
import { ERRNO } from '../../native/errno.ts';
import type { Ledger } from '../../store/ledger.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import { type Ip, parseAddress } from '../address.ts';
import { networkOwner } from '../bridge-link.ts';
import type { Firewall } from '../firewall.ts';
import type { HostFiles } from '../host-files.ts';
import { hasErrno, type Kernel, routeOp } from '../kernel.ts';
import { formatMac, macOfName } from '../mac.ts';
import { createBridge, createVeth, deleteLink, setAlias, setLinkDown, suppressNeighbours } from '../netlink/link.ts';
import { createVxlan, VXLAN_PORT } from '../netlink/vxlan.ts';
import type { Driver, Link, LinkRequest } from '../network.ts';
import type { NetworkRecord } from '../records.ts';
import { mtuOf, vniOf } from './definition.ts';
import type { EndpointDocument } from './documents.ts';
import type { OwnEndpoint } from './own-endpoints.ts';
import { type Device, difference, type Entries, entriesOf } from './peers.ts';

export interface OverlayDriverOptions {
  readonly kernel: Kernel;
  readonly ledger: Pick<Ledger, 'record' | 'list' | 'undo'>;
  readonly firewall: Pick<Firewall, 'put' | 'remove'>;
  readonly files: HostFiles;
  /** The default bridge: whose networks these are, for people who look at the host. */
  readonly owner: string;
  readonly hostId: string;
  /** Address of this host's end of the tunnels. */
  readonly vtep: string;
  /** Who is on a network on other hosts. */
  readonly peersOf: (networkId: string) => readonly EndpointDocument[];
  readonly publish: (endpoint: OwnEndpoint) => Promise<void>;
  readonly warn: (message: string) => void;
}

interface Made extends Device {
  readonly entries: Entries;
}

export class OverlayDriver implements Driver {
  readonly #options: OverlayDriverOptions;
  /** By network id: those on which somebody here is, or was. */
  readonly #made = new Map<string, Made>();

  constructor(options: OverlayDriverOptions) {
    this.#options = options;
  }

  /** A host has nothing of a network that nobody there is on. */
  up(): void {}

  async down(network: Pick<NetworkRecord, 'id'>): Promise<void> {
    const { firewall, ledger } = this.#options;
    this.#made.delete(network.id);
    firewall.remove(network.id);
    await ledger.undo(networkOwner(network.id));
  }

  prefix(): string {
    return 'eth';
  }

  link(request: LinkRequest): Link {
    const { network, interfaceName, index, mac, containerId, endpointId, address, address6, name, names } = request;
    const { bridge } = this.#require(network);
    const hostName = `veth${randomBytes(5).toString('hex')}`;
    const veth = { name: hostName, master: bridge, peerName: interfaceName, peerMac: mac, index, mtu: mtuOf(network) };
    const { hostId: host, vtep } = this.#options;
    return {
      ...{ hostName, layer3: false, viaGatewayNetwork: true },
      make: (peerNamespace) => [createVeth({ ...veth, peerNamespace })],
      prepare: async () => {
        await this.#options.publish({
          ...{ host, vtep, networkId: network.id, endpointId, containerId, name, names, index },
          mac: formatMac(mac),
          addresses: [address, address6].filter((one) => one !== ''),
        });
        return {};
      },
    };
  }

  /** Tells the kernel what is new about who is where. */
  refresh(networkId: string): void {
    const { peersOf, warn } = this.#options;
    const made = this.#made.get(networkId);
    if (made === undefined) return;
    const entries = entriesOf(peersOf(networkId));
    const { gone, come } = difference(made.entries, entries);
    this.#made.set(networkId, { ...made, entries });
    try {
      for (const entry of gone) for (const message of entry.remove(made)) this.#tolerant(message, 'ENOENT');
      for (const entry of come) for (const message of entry.add(made)) this.#options.kernel.route(message);
    } catch (error) {
      warn(`the tunnel of overlay network ${networkId.slice(0, 12)} does not lead everywhere: ${messageOf(error)}`);
    }
  }

  /** An endpoint whose address is another's by now has to be silent. */
  cutOff(index: number): void {
    this.#tolerant(setLinkDown(index), 'ENODEV');
  }

  #require(network: NetworkRecord): Device {
    const known = this.#made.get(network.id);
    if (known !== undefined) return known;
    this.#made.set(network.id, { ...this.#make(network), entries: new Map() });
    this.refresh(network.id);
    return this.#require(network);
  }

  #make(network: NetworkRecord): Device {
    const { kernel, ledger, firewall, files, owner, vtep } = this.#options;
    const short = network.id.slice(0, 12);
    const names = { bridge: `ov-${short}`, vxlan: `vx-${short}` };
    const known = ledger.list().filter((entry) => entry.owner === networkOwner(network.id));
    for (const [kind, name] of Object.entries(names)) {
      // What an attempt before this one left half made.
      if (known.some(({ subject }) => subject === name)) this.#tolerant(deleteLink(name), 'ENODEV');
      else
        ledger.record(networkOwner(network.id), kind, name, [
          { ...routeOp([deleteLink(name)]), tolerate: ERRNO.ENODEV },
        ]);
    }
    const mtu = mtuOf(network);
    kernel.route(createBridge({ name: names.bridge, mac: macOfName(names.bridge), mtu }));
    const bridge = this.#indexOf(names.bridge);
    kernel.route(setAlias(bridge, `network ${network.name} of tsker (${owner})`));
    this.#makeTunnel(network, { name: names.vxlan, master: bridge, mtu, local: parseAddress(vtep) });
    const vxlan = this.#indexOf(names.vxlan);
    kernel.route(suppressNeighbours(vxlan));
    for (const name of Object.values(names)) withoutIpv6(files, name);
    firewall.put(network.id, { bridge: names.bridge, subnets: [], masquerade: false, internal: false, icc: true });
    return { bridge, vxlan };
  }

  #makeTunnel(network: NetworkRecord, tunnel: { name: string; master: number; mtu: number; local: Ip }): void {
    const id = vniOf(network) ?? 0;
    try {
      this.#options.kernel.route(createVxlan({ ...tunnel, id }));
    } catch (error) {
      if (hasErrno(error, 'EOPNOTSUPP')) {
        throw new TskerError('unsupported', 'the kernel has no VXLAN, which overlay networks are made of', {
          cause: error,
        });
      }
      if (!hasErrno(error, 'EEXIST')) throw error;
      throw new TskerError('conflict', `something else on this host uses VXLAN ${id} on port ${VXLAN_PORT} already`, {
        cause: error,
        hint: 'another engine with overlay networks? ask for another number: --opt com.docker.network.driver.overlay.vxlanid_list=N',
      });
    }
  }

  #indexOf(name: string): number {
    const index = this.#options.kernel.links().find((link) => link.name === name)?.index;
    if (index !== undefined) return index;
    throw new TskerError('internal', `interface ${name} vanished while it was being made`);
  }

  #tolerant(message: Buffer, errno: string): void {
    try {
      this.#options.kernel.route(message);
    } catch (error) {
      if (!hasErrno(error, errno)) throw error;
    }
  }
}

/** The host is not on the network: it needs no address there of its own making. */
function withoutIpv6(files: HostFiles, name: string): void {
  const path = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
  if (files.read(path) !== '') files.write(path, '1');
}
