// Where a repository is asked for: mirrors first for docker.io, and which registries may be spoken to without
// verified TLS. Docker's rules (registry/config.go, service_v2.go); nothing is connected here.
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { TskerError } from '../util/errors.ts';
import { DEFAULT_DOMAIN } from './reference.ts';

export interface RegistryConfig {
  /** `--registry-mirror`: URLs, for docker.io only. */
  readonly mirrors: readonly string[];
  /** `--insecure-registry`: `host[:port]` or a CIDR. */
  readonly insecureRegistries: readonly string[];
}

export interface Endpoint {
  /** For messages: host and port. */
  readonly host: string;
  /** Tried in this order, until one answers; without a slash at the end. */
  readonly baseUrls: readonly string[];
  /** Certificates are not verified. */
  readonly insecure: boolean;
  /** Mirrors get no credentials, and may fail. */
  readonly mirror: boolean;
}

/** Docker Hub's registry has another name than its references. */
const HUB_HOST = 'registry-1.docker.io';

/** A name or an IPv4 address, or an IPv6 address in brackets; perhaps a port. */
const HOST = /^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/;

/** The endpoints as `endpointsFor` has them; a name counts as its addresses when networks are insecure. */
export async function resolveEndpoints(domain: string, config: RegistryConfig): Promise<Endpoint[]> {
  const named = domain !== DEFAULT_DOMAIN && config.insecureRegistries.some((entry) => entry.includes('/'));
  return endpointsFor(domain, config, named ? await addressesOf(hostName(domain)) : []);
}

/** None for a name that is not known: who connects will say so. */
async function addressesOf(name: string): Promise<string[]> {
  if (isIP(name) !== 0) return [name];
  const found = await lookup(name, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}

/** The endpoints for repositories of `domain`, in the order to be tried; `addresses` are those of its host. Pure. */
export function endpointsFor(domain: string, config: RegistryConfig, addresses: readonly string[] = []): Endpoint[] {
  if (domain === DEFAULT_DOMAIN) return [...config.mirrors.map((url) => mirrorEndpoint(url, config)), hubEndpoint()];
  const { insecureRegistries } = config;
  const insecure = [domain, ...addresses].some((host) => isInsecure(host, insecureRegistries));
  const baseUrls = insecure ? [`https://${domain}`, `http://${domain}`] : [`https://${domain}`];
  return [{ host: domain, baseUrls, insecure, mirror: false }];
}

function hubEndpoint(): Endpoint {
  return { host: HUB_HOST, baseUrls: [`https://${HUB_HOST}`], insecure: false, mirror: false };
}

function mirrorEndpoint(text: string, config: RegistryConfig): Endpoint {
  const url = new URL(checkMirror(text));
  const insecure = isInsecure(url.host, config.insecureRegistries);
  return { host: url.host, baseUrls: [url.href.replace(/\/+$/, '')], insecure, mirror: true };
}

/** Validates a `--registry-mirror`; throws `invalid`. */
export function checkMirror(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new TskerError('invalid', `invalid mirror: "${text}" is not an http or https URL without query and user`);
  }
  return text;
}

/** Validates an `--insecure-registry`; throws `invalid`. */
export function checkInsecureRegistry(text: string): string {
  if (text.includes('://')) throw new TskerError('invalid', `insecure registry ${text} should not contain '://'`);
  if (!HOST.test(text) && !isCidr(text)) {
    throw new TskerError('invalid', `insecure registry ${text} is not valid: it is host[:port] or a CIDR`);
  }
  return text;
}

function isCidr(text: string): boolean {
  const [address = '', prefix = ''] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits;
}

/** Loopback is always insecure in this sense, as with Docker. */
export function isInsecure(host: string, insecureRegistries: readonly string[]): boolean {
  const name = hostName(host);
  if (name === 'localhost' || insecureRegistries.includes(host) || insecureRegistries.includes(name)) return true;
  const family = isIP(name);
  if (family === 0) return false;
  return networks(insecureRegistries).check(name, family === 6 ? 'ipv6' : 'ipv4');
}

function networks(insecureRegistries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of ['127.0.0.0/8', '::1/128', ...insecureRegistries]) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address);
    if (prefix !== undefined && family !== 0) list.addSubnet(address, Number(prefix), family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** `host:5000` → `host`, `[::1]:5000` → `::1`. */
function hostName(host: string): string {
  if (isIP(host) === 6) return host;
  return host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d+$/, '');
}
