// The bridge network: each container gets an address and a veth pair between the bridge and its own namespace. It asks
// nothing of the host when a container starts: all of it travels in the launch plan.
import { randomBytes, randomInt } from 'node:crypto';
import type { Op } from '../native/ops.ts';
import type { NetworkSlots } from '../runtime/runtime.ts';
import { type Cidr, formatAddress, networkOf } from './address.ts';
import type { Addresses, Pool } from './ipam.ts';
import { routeOp } from './kernel.ts';
import { formatMac, macOfAddress, parseMac } from './mac.ts';
import { addAddress, addDefaultRoute, createVeth, LOOPBACK_INDEX, setLinkUp } from './netlink/route.ts';
import type { Attachment, AttachRequest, Driver } from './network.ts';
import type { NetworkRecord } from './records.ts';

/** The name in the container. */
const INTERFACE = 'eth0';

/** Containers on a network without IPv6 get no link-local address either, as with Docker; loopback keeps ::1. */
const NO_IPV6: Op = { op: 'WRITE', path: '/proc/sys/net/ipv6/conf/default/disable_ipv6', data: '1', optional: true };

export interface BridgeNetworkOptions {
  readonly record: NetworkRecord;
  readonly addresses: Addresses;
  readonly bridge: { readonly index: number; readonly cidr: Cidr };
  readonly mtu: number | undefined;
}

export function bridgeDriver({ record, addresses, bridge, mtu }: BridgeNetworkOptions): Driver {
  const { cidr } = bridge;
  const subnet: Cidr = { address: networkOf(cidr), prefixLength: cidr.prefixLength };
  const pool: Pool = { networkId: record.id, networkName: record.name, subnet, gateway: cidr.address };
  return {
    attach(request: AttachRequest): Attachment {
      const wantedMac = request.macAddress === undefined ? undefined : parseMac(request.macAddress);
      const address = addresses.allot(pool, request.containerId);
      const mac = wantedMac ?? macOfAddress(address);
      const name = `veth${randomBytes(5).toString('hex')}`;
      // Nothing to undo: the pair dies with the container's namespace, and deleting it would hold RTNL for 10-30 ms.
      request.effects.record('veth', name, []);
      const veth = { name, master: bridge.index, peerName: INTERFACE, peerMac: mac, index: randomIndex(), mtu };
      return {
        namespace: 'new',
        setup: (slots: NetworkSlots) => [
          NO_IPV6,
          routeOp([createVeth({ ...veth, peerNamespace: slots.netns })], slots.hostNetlink),
          routeOp([
            setLinkUp(LOOPBACK_INDEX),
            setLinkUp(veth.index),
            addAddress(veth.index, { address, prefixLength: cidr.prefixLength }),
            addDefaultRoute(cidr.address),
          ]),
        ],
        endpoints: [
          {
            networkName: record.name,
            networkId: record.id,
            endpointId: randomBytes(32).toString('hex'),
            address: formatAddress(address),
            prefixLength: cidr.prefixLength,
            gateway: formatAddress(cidr.address),
            macAddress: formatMac(mac),
          },
        ],
      };
    },
  };
}

/**
 * An interface index far from those the kernel hands out, so that the plan knows it without asking: in the new namespace 2 may be
 * taken (by sit0 and the like where tunnels are built in).
 */
function randomIndex(): number {
  return randomInt(2 ** 20, 2 ** 31 - 1);
}
