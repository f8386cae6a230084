// The options of a bridge network, by Docker's names (moby libnetwork/drivers/bridge/labels.go). Pure.
import { TskerError } from '../util/errors.ts';

export interface BridgeOptions {
  /** Of the interface on the host; undefined: one made of the network's id. */
  readonly name: string | undefined;
  readonly icc: boolean;
  readonly masquerade: boolean;
  readonly mtu: number | undefined;
  /** The host's address that ports are published on. */
  readonly hostBinding: string | undefined;
  /** Prefix of the interfaces' names in the containers. */
  readonly containerPrefix: string;
}

const PREFIX = 'com.docker.network.';

/** Throws `invalid` in Docker's words. Options that are not known are kept and mean nothing, as with Docker. */
export function parseBridgeOptions(options: Readonly<Record<string, string>>): BridgeOptions {
  const name = options[`${PREFIX}bridge.name`];
  return {
    name: name === undefined || name === '' ? undefined : checkInterfaceName(name),
    icc: boolean(options, `${PREFIX}bridge.enable_icc`),
    masquerade: boolean(options, `${PREFIX}bridge.enable_ip_masquerade`),
    mtu: parseMtu(options),
    hostBinding: options[`${PREFIX}bridge.host_binding_ipv4`],
    containerPrefix: checkPrefix(options[`${PREFIX}container_iface_prefix`] ?? 'eth'),
  };
}

export function parseMtu(options: Readonly<Record<string, string>>): number | undefined {
  const key = `${PREFIX}driver.mtu`;
  const text = options[key];
  if (text === undefined || text === '' || text === '0') return undefined;
  const mtu = Number(text);
  if (!/^\d+$/.test(text) || mtu < 68 || mtu > 65_535) {
    throw new TskerError(
      'invalid',
      `failed to parse ${key} value: ${text} (strconv.Atoi: parsing "${text}": invalid syntax)`,
    );
  }
  return mtu;
}

/** dev_valid_name() of the kernel (net/core/dev.c), and no `%`, which it would take for a format. */
export function isInterfaceName(name: string): boolean {
  return /^[^\s/:%\0]{1,15}$/.test(name) && name !== '.' && name !== '..';
}

function checkInterfaceName(name: string): string {
  if (isInterfaceName(name)) return name;
  throw new TskerError('invalid', `invalid bridge name ${JSON.stringify(name)}: not the name of an interface`, {
    hint: 'it has at most 15 characters, no slash, colon or space',
  });
}

/** Room for a number of three digits is left. */
function checkPrefix(prefix: string): string {
  if (/^[a-zA-Z][\w.-]{0,10}$/.test(prefix)) return prefix;
  throw new TskerError('invalid', `invalid interface prefix ${JSON.stringify(prefix)}`);
}

/** strconv.ParseBool. */
function boolean(options: Readonly<Record<string, string>>, key: string): boolean {
  const text = options[key];
  if (text === undefined || ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  throw new TskerError(
    'invalid',
    `failed to parse ${key} value: ${text} (strconv.ParseBool: parsing "${text}": invalid syntax)`,
  );
}
