// The text of a container's /etc/resolv.conf, made of the host's and of --dns, --dns-search and --dns-opt. Pure.
import { isIP } from 'node:net';

/** What Docker falls back to when the host names no server a container could reach. */
const PUBLIC_SERVERS = ['8.8.8.8', '8.8.4.4'];

/** systemd-resolved's stub, which only the host itself reaches; the servers behind it stand in this file. */
const RESOLVED_STUB = '127.0.0.53';
export const RESOLVED_FILE = '/run/systemd/resolve/resolv.conf';

export interface ResolvRequest {
  /** The host's resolv.conf. */
  readonly host: string;
  readonly dns: readonly string[];
  /** A single `.`: no search domain at all. */
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
}

/** True when the host's file names systemd-resolved's stub and nothing else, so that RESOLVED_FILE is the one to read. */
export function namesOnlyStub(host: string): boolean {
  const servers = valuesOf(host, 'nameserver');
  return servers.length === 1 && servers[0] === RESOLVED_STUB;
}

/**
 * resolv.conf for a container in a network namespace of its own. What the user did not give comes from the host, without its
 * loopback servers (they are not the container's) and its IPv6 ones (the bridge speaks IPv4).
 */
export function containerResolv(request: ResolvRequest): string {
  if (isUntouched(request)) return filtered(request.host);
  const servers = request.dns.length > 0 ? request.dns : reachable(valuesOf(request.host, 'nameserver'));
  return compose(request, servers.length > 0 ? servers : PUBLIC_SERVERS);
}

/** resolv.conf for a container on the host's network, where the host's loopback servers are reachable. */
export function hostModeResolv(request: ResolvRequest): string {
  if (isUntouched(request)) return request.host;
  return compose(request, request.dns.length > 0 ? request.dns : valuesOf(request.host, 'nameserver'));
}

/** resolv.conf on a network whose names the embedded server answers, in Docker's form; --dns is whom that one asks. */
export function userNetworkResolv(request: ResolvRequest): string {
  const options = request.dnsOptions.length > 0 ? request.dnsOptions : lastOf(request.host, 'options');
  const ndots = options.some((option) => option.startsWith('ndots:')) ? [] : ['ndots:0'];
  return compose({ ...request, dnsOptions: [...options, ...ndots] }, ['127.0.0.11']);
}

/** Whom the embedded server asks: it does so from the host, where the host's own servers are within reach, loopback and all. */
export function nameServersOf(host: string): string[] {
  const servers = valuesOf(host, 'nameserver').filter((server) => isIP(server) !== 0);
  return servers.length > 0 ? servers : PUBLIC_SERVERS;
}

function isUntouched({ dns, dnsSearch, dnsOptions }: ResolvRequest): boolean {
  return dns.length === 0 && dnsSearch.length === 0 && dnsOptions.length === 0;
}

/** The host's text with the unreachable servers cut out: comments, search and options stay as they are. */
function filtered(host: string): string {
  const kept = host.split('\n').filter((line) => {
    const server = wordsAfter(line, 'nameserver');
    return server === undefined || reachable(server).length > 0;
  });
  const text = kept.join('\n');
  if (valuesOf(text, 'nameserver').length > 0) return text;
  const end = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${end}${PUBLIC_SERVERS.map((server) => `nameserver ${server}\n`).join('')}`;
}

function compose(request: ResolvRequest, servers: readonly string[]): string {
  const given = request.dnsSearch.length > 0 ? request.dnsSearch : lastOf(request.host, 'search');
  const search = given.length === 1 && given[0] === '.' ? [] : given;
  const options = request.dnsOptions.length > 0 ? request.dnsOptions : lastOf(request.host, 'options');
  return [
    search.length > 0 ? `search ${search.join(' ')}\n` : '',
    ...servers.map((server) => `nameserver ${server}\n`),
    options.length > 0 ? `options ${options.join(' ')}\n` : '',
  ].join('');
}

function reachable(servers: readonly string[]): string[] {
  return servers.filter((server) => !server.startsWith('127.') && !server.includes(':'));
}

function valuesOf(text: string, keyword: string): string[] {
  return text.split('\n').flatMap((line) => wordsAfter(line, keyword)?.slice(0, 1) ?? []);
}

/** resolv.conf(5): of several `search` or `options` lines the last one counts. */
function lastOf(text: string, keyword: string): string[] {
  return text.split('\n').reduce<string[]>((found, line) => wordsAfter(line, keyword) ?? found, []);
}

/** The words after `keyword`, of a line that begins with it. */
function wordsAfter(line: string, keyword: string): string[] | undefined {
  const [first, ...words] = line.trim().split(/\s+/);
  return first === keyword ? words : undefined;
}
