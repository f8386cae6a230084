// Switches on what a bridge needs of the host besides itself: forwarding and the firewall rules. Where the kernel lacks
// nf_tables the engine goes on without them, and says what that means.
import { ERRNO } from '../native/errno.ts';
import type { Ledger } from '../store/ledger.ts';
import { messageOf } from '../util/errors.ts';
import type { Cidr } from './address.ts';
import { LEDGER_OWNER } from './bridge-link.ts';
import type { HostFiles } from './host-files.ts';
import { firewallOp, type Kernel } from './kernel.ts';
import { bridgeRules, removeRules, tableName } from './nftables/rules.ts';

const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward';

export interface FirewallRequest {
  readonly kernel: Kernel;
  readonly ledger: Pick<Ledger, 'record' | 'list'>;
  readonly bridge: string;
  readonly subnet: Cidr;
  /** Features.nftables. */
  readonly supported: boolean;
  readonly warn: (message: string) => void;
}

/** Installs the bridge's table, recorded before it is made. */
export function installFirewall(request: FirewallRequest): void {
  const { kernel, ledger, bridge, subnet, supported, warn } = request;
  if (!supported) {
    warn(
      'the kernel has no nf_tables: containers reach each other and the host, but nothing outside (no masquerading)',
    );
    return;
  }
  const subject = `table ip ${tableName(bridge)}`;
  const known = ledger.list().some((entry) => entry.kind === 'rules' && entry.subject === subject);
  if (!known)
    ledger.record(LEDGER_OWNER, 'rules', subject, [{ ...firewallOp(removeRules(bridge)), tolerate: ERRNO.ENOENT }]);
  kernel.firewall(bridgeRules({ bridge, subnet }));
  const dropping = kernel.droppingForwardChains();
  if (dropping.length > 0) {
    // Docker and many a host firewall do this. An accept in our table does not overrule it, and their tables are theirs.
    warn(
      `firewall chain ${dropping.join(', ')} drops what is forwarded: containers may reach nothing outside until it accepts ${bridge}`,
    );
  }
}

/** Lets the host route between its interfaces. Like Docker, it is left on: others may have come to rely on it. */
export function enableForwarding(files: HostFiles, warn: (message: string) => void): void {
  try {
    if (files.read(IP_FORWARD).trim() !== '1') files.write(IP_FORWARD, '1');
  } catch (error) {
    warn(`cannot switch on IPv4 forwarding: containers reach nothing outside (${messageOf(error)})`);
  }
}
