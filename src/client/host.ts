// Where the daemon is: -H, TSKER_HOST, DOCKER_HOST or the default socket, parsed. Pure; connect.ts connects.
import { TskerError } from '../util/errors.ts';

export const DEFAULT_HOST = 'unix:///var/run/tsker.sock';

/** Paths of Docker's files; only the CA's has to exist, and that when it is verified. */
export interface ClientTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The daemon's certificate has to be one of the CA's, and for its address. */
  readonly verify: boolean;
}

export type Host =
  | { readonly kind: 'unix'; readonly path: string; readonly url: string }
  | {
      readonly kind: 'tcp';
      readonly address: string;
      readonly port: number;
      readonly tls: ClientTls | undefined;
      readonly url: string;
    }
  | {
      readonly kind: 'ssh';
      readonly address: string;
      readonly user: string | undefined;
      readonly port: number | undefined;
      /** Of the daemon's socket there; without it the other side's own default. */
      readonly path: string | undefined;
      readonly url: string;
    };

/** The environment, with what is read of it by name. */
export interface Environment {
  readonly TSKER_HOST?: string | undefined;
  readonly TSKER_TLS_VERIFY?: string | undefined;
  readonly DOCKER_HOST?: string | undefined;
  readonly DOCKER_TLS_VERIFY?: string | undefined;
  readonly DOCKER_TLS?: string | undefined;
  readonly DOCKER_CERT_PATH?: string | undefined;
  readonly DOCKER_CONFIG?: string | undefined;
  readonly HOME?: string | undefined;
  readonly DOCKER_API_VERSION?: string | undefined;
  readonly DOCKER_DEFAULT_PLATFORM?: string | undefined;
  readonly [name: string]: string | undefined;
}

/** Whether the daemon may be on this machine. Such a socket can be the end of a tunnel: who relies on it lets the daemon look. */
export function isNear(host: Host): boolean {
  return host.kind === 'unix';
}

const DEFAULT_PORT = 2375;
const DEFAULT_TLS_PORT = 2376;

/** The host to talk to; a flag wins over the environment, tsker's own variable over Docker's. */
export function resolveHost(flag: string | undefined, env: Environment, tlsFlags: TlsFlags = {}): Host {
  const host = flag ?? nonEmpty(env.TSKER_HOST) ?? nonEmpty(env.DOCKER_HOST) ?? DEFAULT_HOST;
  return parseHost(host, { tls: resolveTls(tlsFlags, env) });
}

/** Docker's flags of the same names. */
export interface TlsFlags {
  readonly tls?: boolean | undefined;
  readonly tlsverify?: boolean | undefined;
  readonly tlscacert?: string | undefined;
  readonly tlscert?: string | undefined;
  readonly tlskey?: string | undefined;
}

/** Undefined: plain text. Any value of the variables counts, as with Docker, and so does a flag that names a file. */
function resolveTls(flags: TlsFlags, env: Environment): ClientTls | undefined {
  const verify = flags.tlsverify ?? (env.TSKER_TLS_VERIFY ?? env.DOCKER_TLS_VERIFY ?? '') !== '';
  const wanted = flags.tls ?? (env.DOCKER_TLS ?? '') !== '';
  if (!verify && !wanted) return undefined;
  const home = nonEmpty(env.DOCKER_CONFIG) ?? `${env.HOME ?? ''}/.docker`;
  const directory = nonEmpty(env.DOCKER_CERT_PATH) ?? home;
  return {
    ca: flags.tlscacert ?? `${directory}/ca.pem`,
    cert: flags.tlscert ?? `${directory}/cert.pem`,
    key: flags.tlskey ?? `${directory}/key.pem`,
    verify,
  };
}

/** Parses `unix:///path`, `tcp://host[:port]`, `ssh://[user@]host[:port][/path]`, `host:port` and a bare absolute path; throws `invalid`. */
export function parseHost(text: string, options: { readonly tls?: ClientTls | undefined } = {}): Host {
  const [, scheme = '', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/s.exec(text.trim()) ?? [];
  if (scheme === 'unix' || (scheme === '' && rest.startsWith('/'))) {
    const path = rest === '' ? '/var/run/tsker.sock' : rest;
    return { kind: 'unix', path, url: `unix://${path}` };
  }
  if (scheme === 'ssh') return parseSsh(text, rest);
  if (scheme !== '' && scheme !== 'tcp') throw unknownHost(text, `the scheme ${scheme}:// is not supported`);
  return parseTcp(text, rest, options.tls);
}

function parseTcp(text: string, rest: string, tls: ClientTls | undefined): Host {
  const parts = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]*)(?::(\d{1,5}))?\/?$/.exec(rest);
  if (parts === null || rest === '') throw unknownHost(text, 'it is not an address with a port');
  const address = (parts[1] || 'localhost').replace(/^\[|\]$/g, '');
  const port = Number(parts[2] ?? (tls === undefined ? DEFAULT_PORT : DEFAULT_TLS_PORT));
  if (port < 1 || port > 65535) throw unknownHost(text, `${port} is not a port`);
  const shown = address.includes(':') ? `[${address}]` : address;
  return { kind: 'tcp', address, port, tls, url: `tcp://${shown}:${port}` };
}

/** What ssh would take for an option is no user and no host. */
function parseSsh(text: string, rest: string): Host {
  const parts = /^(?:([^\s@:/-][^\s@:/]*)@)?(\[[0-9a-fA-F:.]+\]|[^\s@:/[\]-][^\s@:/[\]]*)(?::(\d{1,5}))?(\/\S*)?$/.exec(
    rest,
  );
  if (parts === null) throw unknownHost(text, 'it is not ssh://[user@]host[:port]');
  const [, user, shown = '', digits, path] = parts;
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65535)) throw unknownHost(text, `${port} is not a port`);
  const address = shown.replace(/^\[|\]$/g, '');
  return { kind: 'ssh', address, user, port, path: path === '/' ? undefined : path, url: text.trim() };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function unknownHost(text: string, why: string): TskerError {
  return new TskerError('invalid', `invalid host ${JSON.stringify(text)}: ${why}`, {
    hint: 'hosts look like unix:///var/run/tsker.sock or tcp://192.0.2.1:2375 or ssh://user@host',
  });
}
