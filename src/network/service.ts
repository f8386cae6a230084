// Builds the networks of a daemon and answers for them: which driver a container's network mode means, the files that name
// servers and hosts, the list. The start of a daemon goes through `startNetwork` once.
import type { Features } from '../native/native.ts';
import type { Db } from '../store/database.ts';
import type { Ledger } from '../store/ledger.ts';
import { TskerError } from '../util/errors.ts';
import { formatAddress, formatCidr, networkOf, parseCidr } from './address.ts';
import { bridgeDriver } from './bridge.ts';
import { checkMtu, parseBip, prepareBridge } from './bridge-link.ts';
import { enableForwarding, installFirewall } from './firewall.ts';
import { hostDriver } from './host.ts';
import { type HostFiles, hostFiles } from './host-files.ts';
import { containerHosts, hostModeHosts } from './hosts.ts';
import { Addresses } from './ipam.ts';
import { Kernel, type NetlinkTransport } from './kernel.ts';
import type { Driver, NetworkService, NetworkSummary } from './network.ts';
import { noneDriver } from './none.ts';
import { type NetworkRecord, NetworkRecords } from './records.ts';
import { containerResolv, hostModeResolv, namesOnlyStub, RESOLVED_FILE } from './resolv.ts';

/** --bridge none: no bridge at all. */
const NO_BRIDGE = 'none';

export interface NetworkOptions {
  readonly db: Db;
  readonly native: NetlinkTransport & { readonly features: Pick<Features, 'nftables'> };
  readonly ledger: Pick<Ledger, 'record' | 'list'>;
  /** --bridge: an interface name, or `none`. */
  readonly bridge: string;
  /** --bip: `172.30.0.1/16`. */
  readonly bip?: string | undefined;
  readonly mtu?: number | undefined;
  /** Where the daemon's log is told of what it has to do without. */
  readonly warn: (message: string) => void;
  /** The host's own files unless told otherwise. */
  readonly files?: HostFiles;
}

/** Makes the bridge and its rules, and the service. Throws TskerError when the options or the host do not allow it. */
export function startNetwork(options: NetworkOptions): NetworkService {
  const { files = hostFiles } = options;
  const records = new NetworkRecords(options.db);
  const addresses = new Addresses(options.db);
  const drivers = new Map<string, Driver>([
    ['host', hostDriver(records.ensure('host', 'host'))],
    ['none', noneDriver(records.ensure('none', 'null'))],
  ]);
  const bridge = options.bridge === NO_BRIDGE ? undefined : startBridge({ ...options, files, records, addresses });
  if (bridge !== undefined) drivers.set('bridge', bridge);
  const standard = bridge === undefined ? 'none' : 'bridge';

  return {
    attach(request) {
      const name = request.mode === 'default' || request.mode === '' ? standard : request.mode;
      const driver = drivers.get(name);
      if (driver === undefined) throw new TskerError('not_found', `network ${name} not found`);
      return driver.attach(request);
    },
    detach: (containerId) => addresses.release(containerId),
    hostsFile: (request) =>
      request.mode === 'host' ? hostModeHosts(files.read('/etc/hosts'), request.extraHosts) : containerHosts(request),
    resolvConf(request) {
      const own = files.read('/etc/resolv.conf');
      if (request.mode === 'host') return hostModeResolv({ ...request, host: own });
      return containerResolv({ ...request, host: namesOnlyStub(own) ? files.read(RESOLVED_FILE) : own });
    },
    networks: () =>
      records
        .list()
        .filter(({ name }) => drivers.has(name))
        .map(summarize),
  };
}

function summarize({ id, name, driver, created, document }: NetworkRecord): NetworkSummary {
  const { address, bridge } = document;
  const cidr = typeof address === 'string' ? parseCidr(address) : undefined;
  return {
    ...{ id, name, driver, created, scope: 'local' },
    ...(cidr === undefined ? {} : { subnet: formatCidr({ ...cidr, address: networkOf(cidr) }) }),
    ...(cidr === undefined ? {} : { gateway: formatAddress(cidr.address) }),
    ...(typeof bridge === 'string' ? { bridge } : {}),
  };
}

interface BridgeOptions extends NetworkOptions {
  readonly files: HostFiles;
  readonly records: NetworkRecords;
  readonly addresses: Addresses;
}

function startBridge(options: BridgeOptions): Driver {
  const { ledger, records, addresses, warn, native, files } = options;
  const mtu = checkMtu(options.mtu);
  const name = checkInterfaceName(options.bridge);
  const kernel = new Kernel(native);
  const record = records.ensure('bridge', 'bridge');
  const wanted = options.bip === undefined ? undefined : parseBip(options.bip);
  const { address: before } = record.document;
  const previous = typeof before === 'string' ? parseCidr(before) : undefined;
  const bridge = prepareBridge({ kernel, ledger, name, wanted, previous, mtu });
  records.remember(record.id, { bridge: name, address: formatCidr(bridge.cidr) });
  enableForwarding(files, warn);
  installFirewall({ kernel, ledger, bridge: name, subnet: bridge.cidr, supported: native.features.nftables, warn });
  return bridgeDriver({ record, addresses, bridge, mtu });
}

/** dev_valid_name() of the kernel (net/core/dev.c), and no `%`, which it would take for a format. */
function checkInterfaceName(name: string): string {
  if (/^[^\s/:%]{1,15}$/.test(name) && name !== '.' && name !== '..') return name;
  throw new TskerError('invalid', `--bridge ${JSON.stringify(name)}: not the name of an interface`, {
    hint: 'it has at most 15 characters, no slash, colon or space',
  });
}
