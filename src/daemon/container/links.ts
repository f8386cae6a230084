// --link on the default bridge, which has no name server: the other container's address and names in /etc/hosts, its ports and
// environment in variables (moby daemon/links, https://docs.docker.com/engine/network/links/).
import type { LinkedPort } from '../../network/linked-ports.ts';
import type { Endpoint } from '../../network/network.ts';
import { PROTOCOLS, type Protocol } from '../../network/protocols.ts';
import type { HostConfig } from '../../types/container-config.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { Container } from './container.ts';
import type { ContainerRecord } from './record.ts';
import { isAlive } from './state.ts';
import type { ContainerStore } from './store.ts';

export interface Link {
  readonly target: Container;
  readonly alias: string;
}

type Containers = Pick<ContainerStore, 'resolve'>;

/** Throws `invalid` for a container there is not. */
export function parseLinks(containers: Containers, hostConfig: HostConfig): Link[] {
  return (hostConfig.Links ?? []).map((text) => {
    const [reference = '', alias = reference, ...rest] = text.split(':');
    if (reference === '' || alias === '' || rest.length > 0 || /[\s\0]/.test(alias)) {
      throw new TskerError('invalid', `bad format for links: ${text}`);
    }
    try {
      // `/web:/app/db`: as inspect shows it.
      return { target: containers.resolve(reference), alias: alias.slice(alias.lastIndexOf('/') + 1) };
    } catch (cause) {
      throw new TskerError('invalid', `could not get container for ${reference}: ${messageOf(cause)}`, { cause });
    }
  });
}

/** Those of a start on the default bridge. Throws `invalid` for one that does not run. */
export function bridgeLinks(containers: Containers, { name, hostConfig }: ContainerRecord): Link[] {
  if (hostConfig.NetworkMode !== 'bridge' && hostConfig.NetworkMode !== 'default') return [];
  const links = parseLinks(containers, hostConfig);
  for (const { target, alias } of links) {
    if (isAlive(target.record.state.status)) continue;
    throw new TskerError(
      'invalid',
      `Cannot link to a non running container: /${target.record.name} AS /${name}/${alias}`,
    );
  }
  return links;
}

/** Those whose targets run now: of a container that runs itself, some may have ended since. */
export function liveLinks(containers: Containers, { hostConfig }: ContainerRecord): Link[] {
  if (hostConfig.NetworkMode !== 'bridge' && hostConfig.NetworkMode !== 'default') return [];
  return (hostConfig.Links ?? []).flatMap((text) => {
    try {
      return parseLinks(containers, { ...hostConfig, Links: [text] });
    } catch {
      // It has been removed: there is no address to tell.
      return [];
    }
  });
}

/** Whose /etc/hosts names this container: they run, and were linked to it. */
export function linkersOf(containers: Pick<ContainerStore, 'list' | 'resolve'>, target: Container): Container[] {
  return containers
    .list()
    .filter(({ record }) => (record.hostConfig.Links ?? []).length > 0 && isAlive(record.state.status))
    .filter(({ record }) => liveLinks(containers, record).some((link) => link.target === target));
}

/** Lines of /etc/hosts: alias, host name, name. */
export function linkedHosts(links: readonly Link[]): { readonly address: string; readonly names: readonly string[] }[] {
  return links.flatMap(({ target, alias }) => {
    const address = addressOf(target.record);
    const { config, name } = target.record;
    return address === undefined ? [] : [{ address, names: [...new Set([alias, config.Hostname, name])] }];
  });
}

/** The ports of theirs that the linked container may reach, from its own endpoint on the default bridge. */
export function linkedPorts(links: readonly Link[], endpoints: readonly Endpoint[]): LinkedPort[] {
  const from = bridgeAddress(endpoints);
  if (from === undefined) return [];
  return links.flatMap(({ target }) => {
    const to = bridgeAddress(target.record.endpoints);
    if (to === undefined) return [];
    return Object.keys(target.record.config.ExposedPorts ?? {})
      .map(parsePort)
      .flatMap(({ port, protocol }) => (isProtocol(protocol) ? [{ from, target: target.id, to, protocol, port }] : []));
  });
}

function isProtocol(text: string): text is Protocol {
  return Object.hasOwn(PROTOCOLS, text);
}

/** `DB_NAME`, `DB_PORT`, `DB_PORT_5432_TCP_ADDR`, `DB_ENV_X`, ... */
export function linkEnvironment(links: readonly Link[], name: string): string[] {
  return links.flatMap(({ target, alias }) => {
    const address = addressOf(target.record) ?? '';
    const prefix = alias.toUpperCase().replaceAll('-', '_');
    const ports = Object.keys(target.record.config.ExposedPorts ?? {})
      .map(parsePort)
      .toSorted((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
    const [first] = ports;
    return [
      ...(first === undefined ? [] : [`${prefix}_PORT=${urlOf(address, first)}`]),
      ...ports.flatMap((port) => portVariables(prefix, address, port)),
      `${prefix}_NAME=/${name}/${alias}`,
      ...(target.record.config.Env ?? [])
        .filter((entry) => entry.includes('=') && !/^(HOME|PATH)=/.test(entry))
        .map((entry) => `${prefix}_ENV_${entry}`),
    ];
  });
}

interface Port {
  readonly port: number;
  readonly protocol: string;
}

function parsePort(text: string): Port {
  const [port = '0', protocol = 'tcp'] = text.split('/');
  return { port: Number(port), protocol: protocol.toLowerCase() };
}

function portVariables(prefix: string, address: string, port: Port): string[] {
  const name = `${prefix}_PORT_${port.port}_${port.protocol.toUpperCase()}`;
  return [
    `${name}=${urlOf(address, port)}`,
    `${name}_ADDR=${address}`,
    `${name}_PORT=${port.port}`,
    `${name}_PROTO=${port.protocol}`,
  ];
}

function urlOf(address: string, { port, protocol }: Port): string {
  return `${protocol}://${address}:${port}`;
}

function addressOf({ endpoints }: ContainerRecord): string | undefined {
  return bridgeAddress(endpoints);
}

function bridgeAddress(endpoints: readonly Endpoint[]): string | undefined {
  return endpoints.find(({ networkName, address }) => networkName === 'bridge' && address !== '')?.address;
}
