// The options of macvlan and ipvlan networks (moby libnetwork/drivers/{macvlan,ipvlan}): the interface below, and the mode. Pure.
import { TskerError } from '../util/errors.ts';
import { isInterfaceName, parseMtu } from './bridge-options.ts';
import { IPVLAN_MODES, MACVLAN_MODES } from './netlink/link.ts';

export interface SubinterfaceOptions {
  readonly kind: 'macvlan' | 'ipvlan';
  /** An interface of the host; `eth0.10` is a VLAN that is made when it is missing; undefined: one that leads nowhere. */
  readonly parent: string | undefined;
  /** The kernel's number. */
  readonly mode: number;
  /** Routes by the interface itself, without gateway and neighbours. */
  readonly layer3: boolean;
  readonly mtu: number | undefined;
}

/** Throws `invalid` in Docker's words. */
export function parseSubinterfaceOptions(
  driver: string,
  options: Readonly<Record<string, string>>,
): SubinterfaceOptions {
  const kind = driver === 'macvlan' ? 'macvlan' : 'ipvlan';
  const { parent } = options;
  if (parent === 'lo') throw new TskerError('invalid', `loopback interface is not a valid ${kind} parent link`);
  if (parent !== undefined && parent !== '' && !isInterfaceName(parent)) {
    throw new TskerError('invalid', `invalid parent interface ${JSON.stringify(parent)}`);
  }
  const modes: Readonly<Record<string, number>> = kind === 'macvlan' ? MACVLAN_MODES : IPVLAN_MODES;
  const standard = kind === 'macvlan' ? 'bridge' : 'l2';
  const mode = options[`${kind}_mode`] || standard;
  const number = Object.hasOwn(modes, mode) ? modes[mode] : undefined;
  if (number === undefined) {
    throw new TskerError(
      'invalid',
      `requested ${kind} mode '${mode}' is not valid, '${standard}' mode is the ${kind} driver default`,
    );
  }
  return {
    kind,
    parent: parent === '' ? undefined : parent,
    mode: number,
    layer3: kind === 'ipvlan' && mode !== 'l2',
    mtu: parseMtu(options),
  };
}
