// Finds the host's ports for what containers want, and holds them by a bound socket each: nobody else can have one meanwhile, and
// whether it can be had is known before anything starts.
import type { Native } from '../../native/native.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import { formatAddress, type Ip, parseAddress } from '../address.ts';
import { hasErrno } from '../kernel.ts';
import { PROTOCOLS, type Protocol } from '../protocols.ts';
import { socketAddress } from '../socket-address.ts';
import type { WantedPort } from './wanted.ts';

export interface HeldPort {
  readonly containerPort: number;
  readonly protocol: Protocol;
  readonly hostAddress: Ip;
  readonly hostPort: number;
  /** The bound socket. */
  readonly socket: number;
}

export interface PortHolder {
  readonly native: Pick<Native, 'listen' | 'close'>;
  /** What `every address` means: one address a family. */
  readonly everywhere: readonly Ip[];
  /** Ports to choose from, inclusive. */
  readonly range: { readonly first: number; readonly last: number };
  /** Where the next search in the range starts: what was given back last is given out last. */
  next: number;
}

const ANY_4 = parseAddress('0.0.0.0');
const ANY_6 = parseAddress('::');

export interface PortHost {
  /** ip_local_port_range: the ports that the kernel chooses from are those that Docker chooses from. */
  readonly range: string;
  /** --ip. */
  readonly publishOn: string | undefined;
  readonly ipv6: boolean;
}

export function portHolder(native: PortHolder['native'], { range, publishOn, ipv6 }: PortHost): PortHolder {
  const [first = 32_768, last = 60_999] = range.trim().split(/\s+/).map(Number);
  const everywhere = publishOn === undefined ? [ANY_4, ...(ipv6 ? [ANY_6] : [])] : [parseAddress(publishOn)];
  return { native, everywhere, range: { first, last }, next: first };
}

/** All of them or none. Throws `conflict` for a port that somebody has, in Docker's words. */
export function holdPorts(holder: PortHolder, wanted: readonly WantedPort[]): HeldPort[] {
  const held: HeldPort[] = [];
  try {
    for (const port of wanted) held.push(...holdOne(holder, port));
    return held;
  } catch (error) {
    releasePorts(holder, held);
    throw error;
  }
}

export function releasePorts({ native }: Pick<PortHolder, 'native'>, held: readonly HeldPort[]): void {
  for (const { socket } of held) native.close(socket);
}

/** One port on each of its addresses. */
function holdOne(holder: PortHolder, wanted: WantedPort): HeldPort[] {
  const addresses = wanted.hostAddress === undefined ? holder.everywhere : [wanted.hostAddress];
  let refused: unknown;
  for (const hostPort of candidates(holder, wanted)) {
    try {
      const held = holdEverywhere(holder, { wanted, addresses, hostPort });
      if (wanted.hostPorts === undefined)
        holder.next = hostPort === holder.range.last ? holder.range.first : hostPort + 1;
      return held;
    } catch (error) {
      if (!hasErrno(error, 'EADDRINUSE')) throw refusal(wanted, { address: addresses[0] ?? ANY_4, hostPort, error });
      refused = error;
    }
  }
  const hostPort = wanted.hostPorts?.first ?? 0;
  throw refusal(wanted, { address: addresses[0] ?? ANY_4, hostPort, error: refused });
}

function* candidates({ range, next }: PortHolder, { hostPorts }: WantedPort): Generator<number> {
  if (hostPorts !== undefined) {
    for (let port = hostPorts.first; port <= hostPorts.last; port += 1) yield port;
    return;
  }
  for (let port = next; port <= range.last; port += 1) yield port;
  for (let port = range.first; port < next; port += 1) yield port;
}

interface Attempt {
  readonly wanted: WantedPort;
  readonly addresses: readonly Ip[];
  readonly hostPort: number;
}

function holdEverywhere(holder: PortHolder, { wanted, addresses, hostPort }: Attempt): HeldPort[] {
  const { containerPort, protocol } = wanted;
  const held: HeldPort[] = [];
  try {
    for (const hostAddress of addresses) {
      const type = protocol === 'udp' ? 'dgram' : 'stream';
      const socket = holder.native.listen(socketAddress(hostAddress, hostPort), type, PROTOCOLS[protocol]);
      held.push({ containerPort, protocol, hostAddress, hostPort, socket });
    }
    return held;
  } catch (error) {
    releasePorts(holder, held);
    throw error;
  }
}

interface Refused {
  readonly address: Ip;
  readonly hostPort: number;
  readonly error: unknown;
}

/** Clients look for `port is already allocated`. */
function refusal({ protocol }: WantedPort, { address, hostPort, error }: Refused): TskerError {
  const where = `${textOf(address)}:${hostPort}`;
  if (hasErrno(error, 'EADDRINUSE')) {
    return new TskerError('internal', `Bind for ${where} failed: port is already allocated`, { cause: error });
  }
  if (hasErrno(error, 'EADDRNOTAVAIL')) {
    const message = `failed to bind host port for ${where}/${protocol}: cannot assign requested address`;
    return new TskerError('internal', message, { hint: 'it is no address of this host', cause: error });
  }
  if (hasErrno(error, 'EPROTONOSUPPORT')) {
    return new TskerError('internal', `protocol not supported: the host's kernel has no ${protocol}`, { cause: error });
  }
  return new TskerError('internal', `failed to bind host port for ${where}/${protocol}: ${messageOf(error)}`, {
    cause: error,
  });
}

/** As in an URL. */
export function textOf(address: Ip): string {
  return address.family === 6 ? `[${formatAddress(address)}]` : formatAddress(address);
}
