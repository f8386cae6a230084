// The options of the syslog driver: where the server is, the facility, the format. Pure but for one look whether the socket
// of an address is there, which Docker takes too when a container is created.
import { readFileSync, statSync } from 'node:fs';
import { messageOf } from '../../../util/errors.ts';
import type { LogOptions } from '../driver.ts';

export type SyslogAddress =
  | { readonly kind: 'unix' | 'unixgram'; readonly path: string }
  | { readonly kind: 'tcp' | 'udp' | 'tcp+tls'; readonly host: string; readonly port: number }
  /** The host's own, wherever it listens. */
  | { readonly kind: 'local' };

export type SyslogFormat = 'unix' | 'rfc3164' | 'rfc5424' | 'rfc5424micro';

const DEFAULT_PORT = 514;
const TRANSPORTS = /^(tcp|udp|tcp\+tls|unix|unixgram):\/\//;

/** RFC 5424, 6.2.1. */
const FACILITIES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['', '', '', ''],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];

export function parseSyslogAddress(text: string): SyslogAddress {
  if (text === '') return { kind: 'local' };
  const kind = TRANSPORTS.exec(text)?.[1] as Exclude<SyslogAddress['kind'], 'local'> | undefined;
  if (kind === undefined) throw new Error(`syslog-address should be in form proto://address, got ${text}`);
  const rest = text.slice(kind.length + 3);
  if (kind === 'unix' || kind === 'unixgram') return { kind, path: requireSocket(rest) };
  const [authority = ''] = rest.split('/');
  return { kind, ...parseAuthority(authority, text) };
}

function requireSocket(path: string): string {
  try {
    statSync(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or directory' : messageOf(error);
    throw new Error(`stat ${path}: ${reason}`);
  }
  return path;
}

/** `host`, `host:port`, `[::1]:port`, as Go's url.Parse takes them. */
function parseAuthority(authority: string, text: string): { host: string; port: number } {
  if (authority.startsWith('[') && !authority.includes(']'))
    throw new Error(`parse ${JSON.stringify(text)}: missing ']' in host`);
  const match = /^(\[[^\]]*\]|[^[\]]*?)(?::(\d*))?$/.exec(authority);
  const host = match?.[1] ?? '';
  if (match === null || (!host.startsWith('[') && host.includes(':'))) {
    const wrong = authority.slice(authority.lastIndexOf(':'));
    throw new Error(`parse ${JSON.stringify(text)}: invalid port ${JSON.stringify(wrong)} after host`);
  }
  const port = match[2];
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: port === undefined || port === '' ? DEFAULT_PORT : Number(port),
  };
}

/** The facility's number, `daemon` unless one is named. */
export function parseSyslogFacility(text: string): number {
  if (text === '') return FACILITIES.indexOf('daemon');
  const named = FACILITIES.indexOf(text);
  if (named >= 0) return named;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 23) throw new Error('invalid syslog facility');
  return number;
}

export function parseSyslogFormat(text: string): SyslogFormat {
  if (text === '') return 'unix';
  if (text === 'rfc3164' || text === 'rfc5424' || text === 'rfc5424micro') return text;
  throw new Error('Invalid syslog format');
}

/** What a TLS connection to the server is made with. */
export interface SyslogTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly rejectUnauthorized: boolean;
}

/** Reads the files that the options name. */
export function readSyslogTls(options: LogOptions): SyslogTls {
  const { 'syslog-tls-ca-cert': ca = '', 'syslog-tls-cert': cert = '', 'syslog-tls-key': key = '' } = options;
  return {
    ...(ca === '' ? {} : { ca: readCertificate(ca, 'could not read CA certificate') }),
    ...(cert === '' ? {} : { cert: readCertificate(cert, 'could not load X509 key pair') }),
    ...(key === '' ? {} : { key: readCertificate(key, 'could not load X509 key pair') }),
    rejectUnauthorized: options['syslog-tls-skip-verify'] === undefined,
  };
}

function readCertificate(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or directory' : messageOf(error);
    throw new Error(`${what} ${JSON.stringify(path)}: open ${path}: ${reason}`);
  }
}
