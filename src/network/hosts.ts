// The text of a container's /etc/hosts. Pure; who writes it where is the daemon's business.
import { isIP } from 'node:net';
import { TskerError } from '../util/errors.ts';
import type { Endpoint } from './network.ts';

const LOCAL = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

/** In --add-host, the address by which a container reaches the host. */
const HOST_GATEWAY = 'host-gateway';

export interface HostsRequest {
  readonly hostname: string;
  readonly domainname: string;
  /** `name:address`, as --add-host has it. */
  readonly extraHosts: readonly string[];
  /** Other containers (--link on the default bridge). */
  readonly links: readonly { readonly address: string; readonly names: readonly string[] }[];
  readonly endpoints: readonly Endpoint[];
}

/** /etc/hosts of a container with a network namespace of its own, in Docker's order: local names, --add-host, links, itself. */
export function containerHosts(request: HostsRequest): string {
  const gateway = request.endpoints.find((endpoint) => endpoint.gateway !== '')?.gateway;
  const extra = request.extraHosts.map((host) => extraLine(host, gateway));
  const names = namesOf(request.hostname, request.domainname);
  const links = request.links.map(({ address, names: theirs }) => line(address, theirs.join(' ')));
  const own = request.endpoints
    .filter(({ gatewayOnly }) => gatewayOnly !== true)
    .flatMap(({ address, address6 = '' }) => [address, address6])
    .flatMap((address) => (address === '' ? [] : [line(address, names)]));
  return [LOCAL, ...extra, ...links, ...own].join('');
}

/** /etc/hosts of a container on the host's network: the host's file and --add-host. */
export function hostModeHosts(hostFile: string, extraHosts: readonly string[]): string {
  const file = hostFile === '' || hostFile.endsWith('\n') ? hostFile : `${hostFile}\n`;
  return [file, ...extraHosts.map((host) => extraLine(host, '127.0.0.1'))].join('');
}

/** The full name and the short one, whether the domain came in the host name or apart. */
function namesOf(hostname: string, domainname: string): string {
  const full = domainname === '' ? hostname : `${hostname}.${domainname}`;
  const dot = full.indexOf('.');
  return dot === -1 ? full : `${full} ${full.slice(0, dot)}`;
}

function extraLine(host: string, gateway: string | undefined): string {
  // The address may be IPv6, which has colons of its own: the name ends at the first.
  const colon = host.search(/[:=]/);
  const name = host.slice(0, colon);
  const address = host.slice(colon + 1).replace(/^\[(.*)\]$/, '$1');
  if (colon <= 0 || address === '' || /\s/.test(name))
    throw new TskerError('invalid', `bad format for add-host: ${JSON.stringify(host)}`);
  if (address !== HOST_GATEWAY) return line(address, name);
  if (gateway !== undefined) return line(gateway, name);
  throw new TskerError(
    'invalid',
    `${HOST_GATEWAY} for ${name}: this container has no network on which it could reach the host`,
  );
}

/** One line; a name or address that would make two of it is refused. */
function line(address: string, names: string): string {
  if (isIP(address) === 0 || !/^[^\s#]+( [^\s#]+)*$/.test(names)) {
    throw new TskerError('invalid', `not an address and name for /etc/hosts: ${JSON.stringify(`${names} ${address}`)}`);
  }
  return `${address}\t${names}\n`;
}
