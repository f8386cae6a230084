// From what a container was created with to the ports it wants published. Pure.
import type { PortBinding } from '../../types/container-config.ts';
import { TskerError } from '../../util/errors.ts';
import { type Ip, tryAddress } from '../address.ts';
import { PROTOCOLS, type Protocol } from '../protocols.ts';

export interface WantedPort {
  readonly containerPort: number;
  readonly protocol: Protocol;
  /** Undefined: all of the host's. */
  readonly hostAddress: Ip | undefined;
  /** Inclusive; undefined: any that is free. */
  readonly hostPorts: { readonly first: number; readonly last: number } | undefined;
}

export interface PortWishes {
  /** HostConfig.PortBindings. */
  readonly bindings: Readonly<Record<string, readonly PortBinding[] | null>>;
  /** Config.ExposedPorts, the image's among them. */
  readonly exposed: Iterable<string>;
  /** HostConfig.PublishAllPorts. */
  readonly all: boolean;
}

/** In the order of the numbers. Throws `invalid` in Docker's words. */
export function wantedPorts({ bindings, exposed, all }: PortWishes): WantedPort[] {
  const wanted = Object.entries(bindings).flatMap(([key, list]) => {
    const port = parsePort(key);
    return (list ?? []).map((binding) => ({ ...port, ...parseBinding(binding) }));
  });
  const named = new Set(wanted.map(keyOf));
  const rest = all ? [...exposed].map(parsePort).filter((port) => !named.has(keyOf(port))) : [];
  return [...wanted, ...rest.map((port) => ({ ...port, hostAddress: undefined, hostPorts: undefined }))].toSorted(
    (a, b) => a.containerPort - b.containerPort || (a.protocol < b.protocol ? -1 : a.protocol > b.protocol ? 1 : 0),
  );
}

/** `80/tcp`. */
export function keyOf({ containerPort, protocol }: Pick<WantedPort, 'containerPort' | 'protocol'>): string {
  return `${containerPort}/${protocol}`;
}

/** `80`, `80/udp`. */
export function parsePort(text: string): Pick<WantedPort, 'containerPort' | 'protocol'> {
  const [number = '', protocol = 'tcp', ...more] = text.toLowerCase().split('/');
  if (!/^\d{1,5}$/.test(number) || Number(number) > 65_535 || more.length > 0) {
    throw new TskerError('invalid', `invalid port specification: "${text}"`);
  }
  if (!isProtocol(protocol)) throw new TskerError('invalid', `invalid proto: ${protocol}`);
  return { containerPort: Number(number), protocol };
}

function isProtocol(text: string): text is Protocol {
  return Object.hasOwn(PROTOCOLS, text);
}

function parseBinding({ HostIp, HostPort }: PortBinding): Pick<WantedPort, 'hostAddress' | 'hostPorts'> {
  return { hostAddress: parseHostAddress(HostIp), hostPorts: parseHostPorts(HostPort) };
}

function parseHostAddress(text: string | undefined): Ip | undefined {
  if (text === undefined || text === '') return undefined;
  const address = tryAddress(text);
  if (address === undefined) throw new TskerError('invalid', `invalid IP address: ${text}`);
  return address;
}

function parseHostPorts(text: string | undefined): WantedPort['hostPorts'] {
  if (text === undefined || text === '' || text === '0') return undefined;
  const parts = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const first = Number(parts?.[1]);
  const last = Number(parts?.[2] ?? first);
  if (parts === null || first > last || last > 65_535) {
    throw new TskerError('invalid', `invalid port specification: "${text}"`);
  }
  return { first, last };
}
