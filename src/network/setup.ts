// The operations that give a namespace its interfaces, addresses and default routes, for a start and for changes afterwards.
// Pure.
import { ERRNO } from '../native/errno.ts';
import type { Op } from '../native/ops.ts';
import type { NetworkSlots } from '../runtime/runtime.ts';
import { type Family, parseAddress } from './address.ts';
import { cidrsOf, type PlannedEndpoint } from './endpoints.ts';
import { routeOp } from './kernel.ts';
import { deleteLinkByIndex, LOOPBACK_INDEX, setLinkUp } from './netlink/link.ts';
import { addAddress, addDefaultRoute, addDeviceRoute, deleteDefaultRoute } from './netlink/route.ts';
import type { Endpoint } from './network.ts';

/** Containers on a network without IPv6 get no link-local address either, as with Docker; loopback keeps ::1. */
const NO_IPV6: Op = { op: 'WRITE', path: '/proc/sys/net/ipv6/conf/default/disable_ipv6', data: '1', optional: true };

/** A namespace of a container's own, loopback and all. */
export function setUpNamespace(planned: readonly PlannedEndpoint[], slots: NetworkSlots): Op[] {
  return [
    ...(planned.some(({ link }) => link !== undefined) ? [NO_IPV6] : []),
    ...makeLinks(planned, slots),
    routeOp([setLinkUp(LOOPBACK_INDEX), ...planned.flatMap(configure), ...defaultRoutes(planned.map(toEndpoint))]),
  ];
}

/** More endpoints; the default routes go where they belong with them. */
export function addEndpoints(
  planned: readonly PlannedEndpoint[],
  before: readonly Endpoint[],
  slots: NetworkSlots,
): Op[] {
  const after = [...before, ...planned.map(toEndpoint)];
  return [
    NO_IPV6,
    ...makeLinks(planned, slots),
    ...[routeOp(planned.flatMap(configure))].filter(hasMessages),
    ...moveDefaultRoutes({ before, after }),
  ];
}

/** Endpoints less: their links go, and with them their ends on the host, their addresses and routes. */
export function removeEndpoints(before: readonly Endpoint[], after: readonly Endpoint[]): Op[] {
  const links = before
    .filter((one) => !after.includes(one))
    .flatMap(({ interfaceIndex }) => (interfaceIndex === undefined ? [] : [interfaceIndex]));
  if (links.length === 0) return [];
  return [
    ...links.map((index): Op => ({ ...routeOp([deleteLinkByIndex(index)]), tolerate: ERRNO.ENODEV })),
    ...moveDefaultRoutes({ before, after }),
  ];
}

function toEndpoint({ endpoint }: PlannedEndpoint): Endpoint {
  return endpoint;
}

function makeLinks(planned: readonly PlannedEndpoint[], slots: NetworkSlots): Op[] {
  const links = planned.flatMap(({ link }) => link?.make(slots.netns) ?? []);
  const withIpv6 = planned.filter(({ endpoint }) => endpoint.address6 !== undefined);
  return [
    ...(links.length === 0 ? [] : [routeOp(links, slots.hostNetlink)]),
    ...withIpv6.map(({ endpoint }): Op => {
      const path = `/proc/sys/net/ipv6/conf/${endpoint.interfaceName}/disable_ipv6`;
      return { op: 'WRITE', path, data: '0' };
    }),
  ];
}

function configure({ endpoint, linkLocal }: PlannedEndpoint): Buffer[] {
  const index = endpoint.interfaceIndex;
  if (index === undefined) return [];
  return [setLinkUp(index), ...[...cidrsOf(endpoint), ...linkLocal].map((cidr) => addAddress(index, cidr))];
}

/** Which endpoint has the default route of a family: the highest priority, then the first name, as with Docker 28. */
export function gatewayEndpoint(endpoints: readonly Endpoint[], family: Family): Endpoint | undefined {
  return endpoints
    .filter((endpoint) => endpoint.internal !== true && hasFamily(endpoint, family))
    .toSorted((a, b) => priorityOf(b) - priorityOf(a) || (a.networkName < b.networkName ? -1 : 1))[0];
}

function priorityOf({ gatewayPriority = 0 }: Endpoint): number {
  return gatewayPriority;
}

function hasFamily({ address, address6, interfaceIndex }: Endpoint, family: Family): boolean {
  return interfaceIndex !== undefined && (family === 4 ? address !== '' : address6 !== undefined);
}

function defaultRoutes(endpoints: readonly Endpoint[]): Buffer[] {
  return ([4, 6] as const).flatMap((family) => {
    const chosen = gatewayEndpoint(endpoints, family);
    return chosen === undefined ? [] : defaultRoute(chosen, family);
  });
}

function defaultRoute({ interfaceIndex = 0, gateway, gateway6 = '', layer3 }: Endpoint, family: Family): Buffer[] {
  const address = family === 4 ? gateway : gateway6;
  if (address !== '') return [addDefaultRoute(parseAddress(address))];
  return layer3 === true ? [addDeviceRoute(family, interfaceIndex)] : [];
}

interface Move {
  readonly before: readonly Endpoint[];
  readonly after: readonly Endpoint[];
}

/** Nothing where they stay, so that no connection is disturbed by a network that comes or goes beside. */
function moveDefaultRoutes({ before, after }: Move): Op[] {
  return ([4, 6] as const).flatMap((family) => {
    const [old, chosen] = [gatewayEndpoint(before, family), gatewayEndpoint(after, family)];
    if (old?.endpointId === chosen?.endpointId) return [];
    const take: Op = { ...routeOp([deleteDefaultRoute(family)]), tolerate: ERRNO.ESRCH };
    return [
      ...(old === undefined ? [] : [take]),
      ...(chosen === undefined ? [] : [routeOp(defaultRoute(chosen, family))].filter(hasMessages)),
    ];
  });
}

function hasMessages(op: Op & { op: 'NETLINK' }): boolean {
  return op.messages.length > 0;
}
