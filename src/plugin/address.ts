// Where a plugin listens: a socket by its place, or what a .spec or .json file says (Docker's plugin protocol, "Plugin
// discovery"). Pure.
import { TskerError } from '../util/errors.ts';

export interface PluginTls {
  readonly insecureSkipVerify: boolean;
  /** Paths. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export type PluginAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: PluginTls | undefined };

/** The text of a .spec file: one URL. Throws `invalid`. */
export function parseSpec(text: string, tls?: PluginTls): PluginAddress {
  const url = text.trim();
  if (/^unix:\/\/\//.test(url) && !url.includes('\0')) return { kind: 'unix', path: url.slice('unix://'.length) };
  const parsed = URL.canParse(url.replace(/^tcp:/, 'http:')) ? new URL(url.replace(/^tcp:/, 'http:')) : undefined;
  const scheme = /^([a-z]+):\/\//.exec(url)?.[1] ?? '';
  if (parsed === undefined || parsed.hostname === '' || !['tcp', 'http', 'https'].includes(scheme)) {
    throw new TskerError('invalid', `the address of a plugin is none: ${JSON.stringify(url)}`, {
      hint: 'unix:///path, tcp://host:port, http://host:port or https://host:port',
    });
  }
  const secure = tls ?? (scheme === 'https' ? { insecureSkipVerify: false } : undefined);
  const port = parsed.port === '' ? (scheme === 'https' ? 443 : 80) : Number(parsed.port);
  return { kind: 'tcp', host: parsed.hostname.replace(/^\[|\]$/g, ''), port, tls: secure };
}

/** A .json file: `{"Name", "Addr", "TLSConfig": {"InsecureSkipVerify", "CAFile", "CertFile", "KeyFile"}}`. Throws `invalid`. */
export function parseJsonSpec(text: string): PluginAddress {
  const spec = parseObject(text);
  const { Addr: address, TLSConfig: tls } = spec;
  if (typeof address !== 'string') throw new TskerError('invalid', 'the file of a plugin has no Addr');
  return parseSpec(address, isObject(tls) ? toTls(tls) : undefined);
}

function toTls({ InsecureSkipVerify, CAFile, CertFile, KeyFile }: Readonly<Record<string, unknown>>): PluginTls {
  const path = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
  const [ca, cert, key] = [path(CAFile), path(CertFile), path(KeyFile)];
  return {
    // Docker's: without an authority of its own nobody could verify it.
    insecureSkipVerify: InsecureSkipVerify === true || ca === undefined,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (cause) {
    throw new TskerError('invalid', 'the file of a plugin is no JSON', { cause });
  }
  throw new TskerError('invalid', 'the file of a plugin is no JSON object');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
