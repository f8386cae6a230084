// Which proxy a request goes through, by the variables that Go's clients know and as they read them
// (golang.org/x/net/http/httpproxy): HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in either case. Pure; agents.ts connects.
import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../util/loopback.ts';

export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

export interface ProxySettings {
  /** Addresses; undefined: none. */
  readonly http: string | undefined;
  readonly https: string | undefined;
  readonly noProxy: string;
}

/** What the environment says. A proxy without a scheme is an http one. */
export function proxySettings(env: ProxyEnvironment): ProxySettings {
  const named = (name: string): string => env[name] || env[name.toLowerCase()] || '';
  return {
    http: addressOf(named('HTTP_PROXY')),
    https: addressOf(named('HTTPS_PROXY')),
    noProxy: named('NO_PROXY'),
  };
}

function addressOf(text: string): string | undefined {
  if (text === '') return undefined;
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  return url === null || !/^https?:$/.test(url.protocol) ? undefined : url.href;
}

/** The proxy for `url`; undefined: it is asked directly. Loopback always is. */
export function proxyFor(url: URL, settings: ProxySettings): string | undefined {
  const proxy = url.protocol === 'https:' ? settings.https : settings.http;
  if (proxy === undefined || isLoopback(bareHost(url))) return undefined;
  const entries = settings.noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  return entries.some((entry) => matches(entry, url)) ? undefined : proxy;
}

/** An entry is `*`, an address, a CIDR, or a domain; a domain takes its subdomains along, with a leading dot only them. */
function matches(entry: string, url: URL): boolean {
  if (entry === '*') return true;
  const host = bareHost(url);
  if (entry.includes('/')) return inNetwork(host, entry);
  const { name, port } = splitPort(entry);
  if (port !== undefined && port !== portOf(url)) return false;
  if (isIP(name) !== 0 || isIP(host) !== 0) return name === host;
  const domain = name.replace(/^\*?\./, '');
  return host.endsWith(`.${domain}`) || (host === domain && domain === name);
}

function inNetwork(host: string, cidr: string): boolean {
  const [address = '', prefix = ''] = cidr.split('/');
  const [family, hostFamily] = [isIP(address), isIP(host)];
  const bits = family === 4 ? 32 : 128;
  if (family === 0 || hostFamily === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return false;
  const network = new BlockList();
  network.addSubnet(address, Number(prefix), family === 6 ? 'ipv6' : 'ipv4');
  return network.check(host, hostFamily === 6 ? 'ipv6' : 'ipv4');
}

function splitPort(entry: string): { name: string; port: string | undefined } {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<name>[^:]+))(?::(?<port>\d+))?$/.exec(entry)?.groups;
  if (match === undefined) return { name: entry, port: undefined };
  return { name: match['six'] ?? match['name'] ?? entry, port: match['port'] };
}

function portOf({ port, protocol }: URL): string {
  if (port !== '') return port;
  return protocol === 'https:' ? '443' : '80';
}

function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase();
}
