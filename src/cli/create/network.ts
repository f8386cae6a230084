// Flags that connect a container: networks, names, addresses, ports.
import type { EndpointSettings, NetworkingConfig } from '../../types/container.ts';
import type { ContainerConfig, HostConfig } from '../../types/container-config.ts';
import { defineFlags, type FlagValues } from '../flags/spec.ts';
import { UsageError } from '../usage-error.ts';
import { defined } from './defined.ts';
import { parsePorts } from './ports.ts';
import { orUndefined, pairsToMap, splitCsv, splitPair } from './words.ts';

const GROUP = 'Network';

export const NETWORK_FLAGS = defineFlags({
  'add-host': { kind: 'list', summary: 'Add a custom host-to-IP mapping (host:ip)', group: GROUP },
  dns: { kind: 'list', summary: 'Set custom DNS servers', group: GROUP },
  'dns-option': { kind: 'list', alias: 'dns-opt', summary: 'Set DNS options', group: GROUP },
  'dns-search': { kind: 'list', summary: 'Set custom DNS search domains', group: GROUP },
  expose: { kind: 'list', summary: 'Expose a port or a range of ports', group: GROUP },
  ip: { kind: 'string', summary: 'IPv4 address (e.g., 172.30.100.104)', group: GROUP },
  ip6: { kind: 'string', summary: 'IPv6 address (e.g., 2001:db8::33)', group: GROUP },
  link: { kind: 'list', summary: 'Add link to another container', group: GROUP },
  'link-local-ip': { kind: 'list', summary: 'Container IPv4/IPv6 link-local addresses', group: GROUP },
  'mac-address': { kind: 'string', summary: 'Container MAC address (e.g., 92:d0:c6:0a:29:33)', group: GROUP },
  network: { kind: 'list', alias: 'net', value: 'network', summary: 'Connect a container to a network', group: GROUP },
  'network-alias': {
    kind: 'list',
    alias: 'net-alias',
    summary: 'Add network-scoped alias for the container',
    group: GROUP,
  },
  publish: { kind: 'list', short: 'p', summary: "Publish a container's port(s) to the host", group: GROUP },
  'publish-all': { kind: 'boolean', short: 'P', summary: 'Publish all exposed ports to random ports', group: GROUP },
});

type NetworkFlags = FlagValues<typeof NETWORK_FLAGS>;
type Endpoint = Partial<EndpointSettings>;

/** EndpointSettings.IPAMConfig. */
interface AddressConfig {
  readonly IPv4Address?: string;
  readonly IPv6Address?: string;
  readonly LinkLocalIPs?: readonly string[];
}

export function networkConfig(flags: NetworkFlags): Partial<ContainerConfig> {
  const { exposed } = parsePorts(flags.publish, flags.expose);
  return defined<Partial<ContainerConfig>>({
    ExposedPorts: Object.keys(exposed).length === 0 ? undefined : exposed,
  });
}

export function networkHostConfig(flags: NetworkFlags): Partial<HostConfig> {
  const { bindings } = parsePorts(flags.publish, []);
  const [first] = flags.network;
  return defined<Partial<HostConfig>>({
    NetworkMode: first === undefined ? undefined : parseNetwork(first).name,
    PortBindings: Object.keys(bindings).length === 0 ? undefined : bindings,
    PublishAllPorts: flags['publish-all'],
    Dns: orUndefined(flags.dns),
    DnsOptions: orUndefined(flags['dns-option']),
    DnsSearch: orUndefined(flags['dns-search']),
    ExtraHosts: orUndefined(flags['add-host'].map(parseExtraHost)),
    Links: orUndefined(flags.link),
  });
}

/** What the networks are told of the container: only where there is anything to tell, or more than one network. */
export function networkingConfig(flags: NetworkFlags): NetworkingConfig | undefined {
  const networks = flags.network.map(parseNetwork);
  const endpoints: Record<string, Endpoint> = {};
  networks.forEach(({ name, endpoint }, index) => {
    if (Object.hasOwn(endpoints, name)) throw new UsageError(`network "${name}" is specified multiple times`);
    const settings = index === 0 ? { ...endpoint, ...endpointFlags(flags, name) } : endpoint;
    if (networks.length > 1 || Object.keys(settings).length > 0) endpoints[name] = settings;
  });
  if (networks.length === 0) {
    const settings = endpointFlags(flags, 'default');
    if (Object.keys(settings).length > 0) endpoints['default'] = settings;
  }
  return Object.keys(endpoints).length === 0 ? undefined : { EndpointsConfig: endpoints };
}

const BUILT_IN = new Set(['default', 'bridge', 'host', 'none']);

/** The flags that belong to the first network. */
function endpointFlags(flags: NetworkFlags, name: string): Endpoint {
  const isUserDefined = !BUILT_IN.has(name) && !name.startsWith('container:');
  const ipam = defined<AddressConfig>({
    IPv4Address: flags.ip,
    IPv6Address: flags.ip6,
    LinkLocalIPs: orUndefined(flags['link-local-ip']),
  });
  if (!isUserDefined && flags['network-alias'].length > 0 && flags.network.length > 0) {
    throw new UsageError('conflicting options: network-scoped aliases are only supported for user-defined networks');
  }
  return defined<Endpoint>({
    Aliases: orUndefined(flags['network-alias']),
    Links: isUserDefined ? orUndefined(flags.link) : undefined,
    IPAMConfig: Object.keys(ipam).length === 0 ? undefined : ipam,
    MacAddress: flags['mac-address'],
  });
}

/** `name`, or `name=x,alias=a,ip=…,ip6=…,mac-address=…,driver-opt=k=v,gw-priority=…`. */
function parseNetwork(text: string): { readonly name: string; readonly endpoint: Endpoint } {
  if (!text.includes('=')) return { name: text, endpoint: {} };
  let name = '';
  const ipam: Record<string, string> = {};
  const aliases: string[] = [];
  const options: string[] = [];
  const links: string[] = [];
  let mac: string | undefined;
  let priority: number | undefined;
  for (const field of splitCsv(text)) {
    const [key, value = ''] = splitPair(field);
    if (key === 'name') name = value;
    else if (key === 'alias') aliases.push(value);
    else if (key === 'ip') ipam['IPv4Address'] = value;
    else if (key === 'ip6') ipam['IPv6Address'] = value;
    else if (key === 'mac-address') mac = value;
    else if (key === 'driver-opt') options.push(value);
    else if (key === 'link') links.push(value);
    else if (key === 'gw-priority') priority = parsePriority(value);
    else throw new UsageError(`invalid field key ${key}`);
  }
  if (name === '') throw new UsageError(`invalid network '${text}': network name/id is not specified`);
  const endpoint = defined<Endpoint>({
    Aliases: orUndefined(aliases),
    DriverOpts: pairsToMap(options),
    IPAMConfig: Object.keys(ipam).length === 0 ? undefined : ipam,
    MacAddress: mac,
    Links: orUndefined(links),
    GwPriority: priority,
  });
  return { name, endpoint };
}

function parsePriority(text: string): number {
  if (/^[+-]?\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`invalid gw-priority (${text})`);
}

/** `host:ip` or `host=ip`; the API knows the colon only. */
function parseExtraHost(text: string): string {
  const parts = /^([^:=]+)[:=](.+)$/.exec(text);
  const address = (parts?.[2] ?? '').replace(/^\[(.*)\]$/, '$1');
  if (parts === null) throw new UsageError(`bad format for add-host: ${JSON.stringify(text)}`);
  if (address !== 'host-gateway' && !/^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.%]*)$/.test(address)) {
    throw new UsageError(`invalid IP address in add-host: ${JSON.stringify(address)}`);
  }
  return `${parts[1]}:${address}`;
}
