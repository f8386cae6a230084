// `-p` and `--expose`: `[ip:][host[-host]:]container[-container][/protocol]` to the API's port maps. Pure.
import type { PortBinding } from '../../types/container-config.ts';
import { UsageError } from '../usage-error.ts';
import { splitPair } from './words.ts';

export interface PortMaps {
  readonly exposed: Readonly<Record<string, object>>;
  readonly bindings: Readonly<Record<string, readonly PortBinding[]>>;
}

interface Range {
  readonly first: number;
  readonly last: number;
}

export function parsePorts(publish: readonly string[], expose: readonly string[]): PortMaps {
  const exposed: Record<string, object> = {};
  const bindings: Record<string, PortBinding[]> = {};
  for (const text of publish) {
    for (const { port, binding } of parsePublished(text)) {
      exposed[port] = {};
      const earlier = bindings[port] ?? [];
      earlier.push(binding);
      bindings[port] = earlier;
    }
  }
  for (const text of expose) {
    const [ports = '', protocol = 'tcp'] = text.split('/');
    const range = parseRange(ports, text);
    for (let port = range.first; port <= range.last; port++) exposed[`${port}/${checkProtocol(protocol)}`] = {};
  }
  return { exposed, bindings };
}

function parsePublished(text: string): readonly { readonly port: string; readonly binding: PortBinding }[] {
  const short = text.includes('=') ? shortForm(text) : text;
  const parts = /^(?:(\[[0-9a-fA-F:.%]+\]|[^:[\]]*):)?(?:([\d-]*):)?([\d-]+)(?:\/([a-zA-Z]+))?$/.exec(short);
  if (parts === null) throw new UsageError(`invalid port specification: ${JSON.stringify(text)}`);
  const [, first, second, inside = '', protocol = 'tcp'] = parts;
  // With one colon the word before it is the host's port, with two it is the address.
  const [ip, host] = second === undefined ? ['', first ?? ''] : [first ?? '', second];
  const container = parseRange(inside, text);
  const published = host === '' ? undefined : parseRange(host, text);
  const count = container.last - container.first;
  if (published !== undefined && count > 0 && published.last - published.first !== count) {
    throw new UsageError(`invalid ranges specified for container and host Ports: ${inside} and ${host}`);
  }
  return Array.from({ length: count + 1 }, (_, index) => ({
    port: `${container.first + index}/${checkProtocol(protocol)}`,
    binding: { HostIp: ip.replace(/^\[|\]$/g, ''), HostPort: hostPort(published, count, index) },
  }));
}

/** One container port may be given a range of the host's, of which the daemon takes a free one. */
function hostPort(published: Range | undefined, count: number, index: number): string {
  if (published === undefined) return '';
  if (count === 0 && published.last > published.first) return `${published.first}-${published.last}`;
  return String(published.first + index);
}

/** `target=80,published=8080,protocol=tcp` → `8080:80/tcp`. */
function shortForm(text: string): string {
  const fields: Record<string, string | undefined> = Object.fromEntries(text.split(',').map(splitPair));
  const { target, published, protocol = 'tcp' } = fields as { target?: string; published?: string; protocol?: string };
  if (target === undefined) throw new UsageError(`invalid port specification: ${JSON.stringify(text)}`);
  return `${published === undefined ? '' : `${published}:`}${target}/${protocol}`;
}

function parseRange(text: string, whole: string): Range {
  const parts = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const first = Number(parts?.[1]);
  const last = Number(parts?.[2] ?? first);
  if (parts === null || first > last || last > 65535)
    throw new UsageError(`invalid port specification: ${JSON.stringify(whole)}`);
  return { first, last };
}

function checkProtocol(text: string): string {
  const protocol = text.toLowerCase();
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) throw new UsageError(`invalid proto: ${text}`);
  return protocol;
}
