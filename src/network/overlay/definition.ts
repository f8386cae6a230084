// What an overlay network has that others have not: a number that tells its packets from those of other networks (VNI), and
// subnets that no other network of the cluster has. Pure.
import { TskerError } from '../../util/errors.ts';
import { parseCidr } from '../address.ts';
import { parseMtu } from '../bridge-options.ts';
import type { NetworkRecord } from '../records.ts';
import type { AddressPool } from '../subnet.ts';

const VNI_OPTION = 'com.docker.network.driver.overlay.vxlanid_list';
/** Docker's first. */
const FIRST_VNI = 256;
const LAST_VNI = 2 ** 24 - 1;
/** Ethernet's 1500 without what goes around a packet on its way: outer addresses (20), UDP (8), VXLAN (8), inner Ethernet (14). */
const MTU = 1450;

/** Where subnets come from that nobody asked for, Docker's for networks of all hosts. */
export const GLOBAL_POOLS: readonly AddressPool[] = [{ base: parseCidr('10.0.0.0/8'), size: 24 }];

/** Throws `invalid` for options it cannot have, `unsupported` for those there is nothing behind. */
export function checkOverlayOptions(options: Readonly<Record<string, string>>): void {
  parseMtu(options);
  if (options['encrypted'] !== undefined && options['encrypted'] !== 'false') {
    throw new TskerError('not_implemented', 'overlay networks cannot be encrypted', {
      hint: 'lead the tunnels through a VPN: --cluster-advertise its interface',
    });
  }
  const asked = options[VNI_OPTION];
  if (asked !== undefined && parseVni(asked) === undefined) {
    throw new TskerError('invalid', `invalid vxlan id value ${JSON.stringify(asked)} passed`);
  }
}

/** The options with a VNI that is free. Throws `forbidden` when the one asked for is another's. */
export function withVni(
  options: Readonly<Record<string, string>>,
  networks: readonly NetworkRecord[],
): Readonly<Record<string, string>> {
  const taken = new Set(networks.map(vniOf));
  const asked = options[VNI_OPTION];
  if (asked !== undefined) {
    if (taken.has(parseVni(asked))) throw new TskerError('forbidden', `vxlan id ${asked} is in use by another network`);
    return options;
  }
  let vni = FIRST_VNI;
  while (taken.has(vni)) vni += 1;
  return { ...options, [VNI_OPTION]: String(vni) };
}

export function vniOf({ definition }: Pick<NetworkRecord, 'definition'>): number | undefined {
  return parseVni(definition.options[VNI_OPTION] ?? '');
}

export function mtuOf({ definition }: NetworkRecord): number {
  return parseMtu(definition.options) ?? MTU;
}

function parseVni(text: string): number | undefined {
  const vni = Number(text);
  return /^\d{1,8}$/.test(text) && vni > 0 && vni <= LAST_VNI ? vni : undefined;
}
