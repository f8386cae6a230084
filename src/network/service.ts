// Builds the networks of a daemon, once, when it starts: the default bridge, those that were created, and what answers for all of
// them (networks.ts).
import type { Features, Native } from '../native/native.ts';
import type { Plugins } from '../plugin/plugins.ts';
import type { Db } from '../store/database.ts';
import type { Ledger } from '../store/ledger.ts';
import { TskerError } from '../util/errors.ts';
import { type Cidr, formatAddress, formatSubnet, ipOf, parseAddress, parseCidr } from './address.ts';
import { type AddressAuthority, Reservations } from './authority.ts';
import { BridgeDriver } from './bridge.ts';
import { checkMtu, LEDGER_OWNER, parseBip, prepareBridge } from './bridge-link.ts';
import { isInterfaceName } from './bridge-options.ts';
import { Catalog } from './catalog.ts';
import { Directory } from './dns/directory.ts';
import { NameServers } from './dns/server.ts';
import { Firewall } from './firewall.ts';
import { type HostFiles, hostFiles } from './host-files.ts';
import { Addresses } from './ipam.ts';
import { Kernel, type NetlinkTransport } from './kernel.ts';
import { LinkedPorts } from './linked-ports.ts';
import type { Driver, NetworkService } from './network.ts';
import { Networks } from './networks.ts';
import { tableName } from './nftables/rules.ts';
import { vtepOf } from './overlay/advertised.ts';
import type { ClusterOptions } from './overlay/options.ts';
import { Overlay } from './overlay/overlay.ts';
import type { ProxyNative } from './ports/proxies.ts';
import { PublishedPorts } from './ports/published.ts';
import { portHolder } from './ports/reserve.ts';
import { EMPTY_DEFINITION, type NetworkRecord, NetworkRecords } from './records.ts';
import { RemoteDrivers } from './remote.ts';
import { RemoteIpam } from './remote-ipam.ts';
import { SubinterfaceDriver } from './subinterface.ts';
import { type AddressPool, DEFAULT_POOLS, withIpv6 } from './subnet.ts';

/** The ports that the kernel chooses from; Docker does for published ones. */
const PORT_RANGE = '/proc/sys/net/ipv4/ip_local_port_range';
/** There when the host speaks IPv6. */
const IPV6 = '/proc/net/if_inet6';
/** --bridge none: no bridge at all. */
const NO_BRIDGE = 'none';

export interface NetworkOptions {
  readonly db: Db;
  readonly native: NetlinkTransport &
    ProxyNative &
    Pick<Native, 'listen'> & { readonly features: Pick<Features, 'nftables'> };
  readonly ledger: Pick<Ledger, 'record' | 'list' | 'undo'>;
  /** --bridge: an interface name, or `none`. */
  readonly bridge: string;
  /** --bip: `172.30.0.1/16`. */
  readonly bip?: string | undefined;
  readonly mtu?: number | undefined;
  /** Of the default bridge: --icc, --ip-masq. */
  readonly icc?: boolean;
  readonly ipMasq?: boolean;
  /** --default-address-pool; Docker's when there are none. */
  readonly pools?: readonly AddressPool[];
  /** --ip: where ports are published that name no address; undefined: on every address. */
  readonly publishOn?: string | undefined;
  /** --userland-proxy. */
  readonly proxies: boolean;
  /** --cluster-store: the networks of its other hosts are there as well. */
  readonly cluster?: ClusterOptions | undefined;
  /** Whose networks there may be besides. */
  readonly plugins?: Pick<Plugins, 'get'>;
  /** Where the daemon's log is told of what it has to do without. */
  readonly warn: (message: string) => void;
  /** And of what passes, as a cluster that is not reached; default: as of the rest. */
  readonly passing?: (message: string) => void;
  /** The host's own files unless told otherwise. */
  readonly files?: HostFiles;
}

/** Makes the bridge and its rules, the networks that were created before, and the service. Throws TskerError when the options or the host do not allow it. */
export function startNetwork(options: NetworkOptions): NetworkService {
  const { db, native, ledger, warn, files = hostFiles } = options;
  const kernel = new Kernel(native);
  const records = new NetworkRecords(db);
  const addresses = new Addresses(db);
  const supported = native.features.nftables;
  const loopback = !options.proxies;
  const firewall = new Firewall({
    ...{ kernel, ledger, supported, warn },
    table: tableName(options.bridge),
    loopback,
  });
  const bridges = new BridgeDriver({ kernel, ledger, firewall, files, owner: options.bridge, loopback, warn });
  const subinterfaces = new SubinterfaceDriver({ kernel, ledger });
  const drivers = new Map<string, Driver>([
    ['bridge', bridges],
    ['macvlan', subinterfaces],
    ['ipvlan', subinterfaces],
  ]);
  const withBridge = options.bridge !== NO_BRIDGE;
  const hostNetwork = records.ensure('host', 'host');
  const builtIn = [
    ...(withBridge ? [startDefaultBridge({ ...options, kernel, records, bridges })] : []),
    hostNetwork,
    records.ensure('none', 'null'),
  ];
  const pools = withIpv6(options.pools ?? DEFAULT_POOLS, hostNetwork.id);
  const { plugins } = options;
  const remoteIpam = plugins === undefined ? undefined : new RemoteIpam({ plugins, warn: options.passing ?? warn });
  const remote =
    plugins === undefined || remoteIpam === undefined
      ? {}
      : { remote: new RemoteDrivers({ plugins, kernel, warn }), remoteIpam };
  const overlay = openOverlay({ ...options, files }, { kernel, firewall, addresses, hostId: hostNetwork.id });
  if (overlay !== undefined) drivers.set('overlay', overlay.driver);
  const cluster = overlay === undefined ? {} : { overlay };
  const catalog = new Catalog({ records, addresses, drivers, ...remote, ...cluster, kernel, pools, builtIn });
  catalog.restore(warn);
  if (withBridge) firewall.warnOfOthers(options.bridge);
  firewall.watch();
  const directory = new Directory();
  overlay?.start({ networks: catalog, directory });
  const reservations = new Reservations({
    addresses,
    authorityOf: ({ driver, definition }): AddressAuthority | undefined => {
      if (driver === 'overlay') return overlay;
      return definition.ipam.driver === 'default' ? undefined : remoteIpam;
    },
    find: (id) => catalog.list().find((network) => network.id === id),
  });
  const nameServers = new NameServers({ directory, warn });
  const standard = withBridge ? 'bridge' : 'none';
  const ports = new PublishedPorts({
    ...{ native, proxies: options.proxies, translator: firewall, warn },
    holder: portHolder(native, {
      range: files.read(PORT_RANGE),
      publishOn: options.publishOn,
      ipv6: files.read(IPV6) !== '',
    }),
  });
  const shut = builtIn.find(({ name }) => withBridge && options.icc === false && name === 'bridge');
  const linkedPorts =
    shut === undefined ? undefined : new LinkedPorts({ firewall, files, networkId: shut.id, bridge: options.bridge });
  return new Networks({
    ...{
      kernel,
      ports,
      linkedPorts,
      catalog,
      addresses,
      reservations,
      overlay,
      firewall,
      files,
      directory,
      nameServers,
      standard,
    },
    nat: supported,
  });
}

/** The host's part in its cluster, when it is in one. */
function openOverlay(
  { cluster, ledger, bridge, warn, passing = warn, files }: NetworkOptions & { readonly files: HostFiles },
  parts: {
    readonly kernel: Kernel;
    readonly firewall: Firewall;
    readonly addresses: Addresses;
    readonly hostId: string;
  },
): Overlay | undefined {
  if (cluster === undefined) return undefined;
  const vtep = vtepOf(cluster.reachedAt, parts.kernel);
  return new Overlay({ ...parts, cluster, ledger, files, warn: passing, owner: bridge, vtep });
}

/** An interface there is for good: its options are the daemon's own. */
function startDefaultBridge(
  options: NetworkOptions & {
    readonly kernel: Kernel;
    readonly records: NetworkRecords;
    readonly bridges: BridgeDriver;
  },
): NetworkRecord {
  const { kernel, ledger, records, bridges, pools = DEFAULT_POOLS, icc = true, ipMasq = true } = options;
  const mtu = checkMtu(options.mtu);
  const name = checkInterfaceName(options.bridge);
  const stored = records.ensure('bridge', 'bridge');
  const wanted = options.bip === undefined ? undefined : parseBip(options.bip);
  const link = prepareBridge({
    ...{ kernel, ledger, owner: LEDGER_OWNER, name, wanted, mtu, pools },
    previous: previousAddress(stored),
  });
  const { cidr } = link;
  const config = cidr === undefined ? [] : [{ subnet: formatSubnet(cidr), gateway: formatAddress(ipOf(cidr)) }];
  const network = records.remember(stored, {
    ...EMPTY_DEFINITION,
    ipam: { ...EMPTY_DEFINITION.ipam, config },
    options: {
      'com.docker.network.bridge.default_bridge': 'true',
      'com.docker.network.bridge.enable_icc': String(icc),
      'com.docker.network.bridge.enable_ip_masquerade': String(ipMasq),
      'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
      'com.docker.network.bridge.name': name,
      ...(mtu === undefined ? {} : { 'com.docker.network.driver.mtu': String(mtu) }),
    },
  });
  bridges.adopt(network, link);
  return network;
}

/** The address it had the last time. */
function previousAddress({ definition }: NetworkRecord): Cidr | undefined {
  const [pool] = definition.ipam.config;
  if (pool?.gateway === undefined) return undefined;
  return { ...parseCidr(pool.subnet), address: parseAddress(pool.gateway).value };
}

function checkInterfaceName(name: string): string {
  if (isInterfaceName(name)) return name;
  throw new TskerError('invalid', `--bridge ${JSON.stringify(name)}: not the name of an interface`, {
    hint: 'it has at most 15 characters, no slash, colon or space',
  });
}
