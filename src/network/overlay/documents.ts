// What hosts tell each other by way of the store: keys and JSON documents. Everybody who reaches the store can write there: what
// does not have the form is nothing. Pure.
import { parseCidr, tryAddress } from '../address.ts';
import { parseMac } from '../mac.ts';
import { EMPTY_DEFINITION, type NetworkDefinition, type NetworkRecord, type PoolDefinition } from '../records.ts';
import { vniOf } from './definition.ts';

/** A container on an overlay network, wherever it is. Goes with its host's sign of life. */
export interface EndpointDocument {
  /** Of the host, as its daemon calls itself. */
  readonly host: string;
  /** Address of the host's end of the tunnels. */
  readonly vtep: string;
  readonly networkId: string;
  readonly endpointId: string;
  readonly containerId: string;
  /** The container's. */
  readonly name: string;
  /** By which others find it. */
  readonly names: readonly string[];
  readonly mac: string;
  /** With their prefix lengths, at most one a family. */
  readonly addresses: readonly string[];
}

/** Who has an address. */
export interface Claim {
  readonly host: string;
  readonly containerId: string;
}

/** Where the kinds of documents are: `<prefix>/v1/...`. */
export class Keys {
  /** Of everything. */
  readonly root: string;
  /** Written by whoever creates a network: two who do so at once notice. */
  readonly creation: string;

  constructor(prefix: string) {
    this.root = `${prefix}/v1/`;
    this.creation = `${this.root}creation`;
  }

  network(id: string): string {
    return `${this.root}networks/${id}`;
  }

  addresses(networkId: string): string {
    return `${this.root}addresses/${networkId}/`;
  }

  address(networkId: string, address: string): string {
    return `${this.addresses(networkId)}${address}`;
  }

  endpoints(networkId: string): string {
    return `${this.root}endpoints/${networkId}/`;
  }

  endpoint({ networkId, endpointId }: Pick<EndpointDocument, 'networkId' | 'endpointId'>): string {
    return `${this.endpoints(networkId)}${endpointId}`;
  }

  /** A key's parts behind the root: kind, network, and who on it. Undefined for what is nobody's. */
  parse(key: string): { kind: string; networkId: string; item: string } | undefined {
    if (!key.startsWith(this.root)) return undefined;
    const [kind = '', networkId = '', item = '', ...rest] = key.slice(this.root.length).split('/');
    return ID.test(networkId) && rest.length === 0 ? { kind, networkId, item } : undefined;
  }
}

const ID = /^[0-9a-f]{64}$/;
const NAME = /^[a-zA-Z0-9][\w.-]{0,254}$/;
/** What /etc/hosts and a name server can have. */
const DNS_NAME = /^[^\s#\0]{1,255}$/;
const DRIVER = 'overlay';

/** Undefined for what is no network of this driver. */
export function parseNetwork(id: string, text: string): NetworkRecord | undefined {
  const fields = parse(text);
  const { name, created } = fields;
  const definition = parseDefinition(fields['definition']);
  if (fields['id'] !== id || fields['driver'] !== DRIVER || definition === undefined) return undefined;
  if (typeof name !== 'string' || !NAME.test(name)) return undefined;
  if (typeof created !== 'string' || Number.isNaN(Date.parse(created))) return undefined;
  const network = { id, name, driver: DRIVER, created, definition };
  return vniOf(network) === undefined ? undefined : network;
}

function parseDefinition(value: unknown): NetworkDefinition | undefined {
  const fields = objectOf(value);
  const ipam = objectOf(fields['ipam']);
  const pools = Array.isArray(ipam['config']) ? ipam['config'].map(parsePool) : [];
  const config = pools.filter((pool) => pool !== undefined);
  const [options, labels] = [textsOf(fields['options']), textsOf(fields['labels'])];
  if (config.length === 0 || config.length < pools.length || options === undefined || labels === undefined)
    return undefined;
  return {
    ...EMPTY_DEFINITION,
    ...{ scope: 'global', internal: fields['internal'] === true, attachable: fields['attachable'] === true },
    ...{ enableIPv4: fields['enableIPv4'] !== false, enableIPv6: fields['enableIPv6'] === true },
    ipam: { driver: 'default', options: ipam['options'] ? (textsOf(ipam['options']) ?? null) : null, config },
    ...{ options, labels, userSubnets: fields['userSubnets'] === true },
  };
}

function parsePool(value: unknown): PoolDefinition | undefined {
  const { subnet, ipRange, gateway, auxAddresses = {} } = objectOf(value);
  const reserved = textsOf(auxAddresses);
  if (!isCidr(subnet) || (ipRange !== undefined && !isCidr(ipRange)) || reserved === undefined) return undefined;
  if (gateway !== undefined && !isAddress(gateway)) return undefined;
  if (!Object.values(reserved).every(isAddress)) return undefined;
  return {
    subnet,
    ...(ipRange === undefined ? {} : { ipRange }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(Object.keys(reserved).length === 0 ? {} : { auxAddresses: reserved }),
  };
}

/** Undefined for what cannot be an endpoint of that network. */
export function parseEndpoint(networkId: string, endpointId: string, text: string): EndpointDocument | undefined {
  const fields = parse(text);
  const { host, vtep, containerId, name, names, mac, addresses } = fields;
  if (fields['networkId'] !== networkId || fields['endpointId'] !== endpointId) return undefined;
  if (!isId(endpointId) || !isId(host) || !isId(containerId)) return undefined;
  if (typeof name !== 'string' || !DNS_NAME.test(name) || !isListOf(names, (one) => DNS_NAME.test(one)))
    return undefined;
  if (!isAddress(vtep) || vtep.includes(':') || !isListOf(addresses, isCidr) || addresses.length > 2) return undefined;
  if (typeof mac !== 'string' || !isMac(mac)) return undefined;
  return { host, vtep, networkId, endpointId, containerId, name, names, mac, addresses };
}

/** Undefined for what says nobody; the address is its key's. */
export function parseClaim(address: string, text: string): Claim | undefined {
  const { host, containerId } = parse(text);
  return isAddress(address) && isId(host) && isId(containerId) ? { host, containerId } : undefined;
}

/** Compared as text in transactions: always the same for the same. */
export function formatClaim({ host, containerId }: Claim): string {
  return JSON.stringify({ host, containerId });
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function textsOf(value: unknown): Record<string, string> | undefined {
  const entries = Object.entries(objectOf(value));
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return texts.length < entries.length ? undefined : Object.fromEntries(texts);
}

function isListOf(value: unknown, fits: (one: string) => boolean): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && fits(one));
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && tryAddress(value) !== undefined;
}

function isCidr(value: unknown): value is string {
  try {
    return typeof value === 'string' && parseCidr(value).prefixLength >= 0;
  } catch {
    return false;
  }
}

function isMac(value: string): boolean {
  try {
    return parseMac(value).length === 6;
  } catch {
    return false;
  }
}
