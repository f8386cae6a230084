// Where the API is to be served, as written after -H: a unix socket, TCP, or a descriptor that systemd hands over. Pure; listeners.ts
// listens.
import { TskerError } from '../util/errors.ts';
import { isLoopback } from '../util/loopback.ts';

export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** Of sd_listen_fds(3); undefined: every one that was handed over. */
  | { readonly kind: 'fd'; readonly fd: number | undefined };

const PORT = 2375;
const TLS_PORT = 2376;

/** `unix:///path`, `tcp://127.0.0.1:2375` (port 0: any that is free), `fd://`, `fd://3`. Throws `invalid` for what is not served. */
export function parseAddress(text: string, { tls = false }: { readonly tls?: boolean } = {}): Address {
  const unix = /^unix:\/\/(\/.+)$/.exec(text);
  if (unix?.[1] !== undefined) return { kind: 'unix', path: checkSocketPath(unix[1]) };
  const fd = /^fd:\/\/(?:\*|(\d{1,4}))?$/.exec(text);
  if (fd !== null) return { kind: 'fd', fd: fd[1] === undefined ? undefined : Number(fd[1]) };
  const tcp = /^tcp:\/\/(\[[0-9a-fA-F:]+\]|[^:/]*)(?::(\d{1,5}))?\/?$/.exec(text);
  const port = Number(tcp?.[2] ?? (tls ? TLS_PORT : PORT));
  if (tcp === null || port > 65_535) {
    throw new TskerError('invalid', `cannot listen on "${text}"`, {
      hint: 'use unix:///path, tcp://address:port or fd://',
    });
  }
  return { kind: 'tcp', host: (tcp[1] || 'localhost').replace(/^\[|\]$/g, ''), port };
}

export interface Exposure {
  /** Clients have to show a certificate. */
  readonly verified: boolean;
  /** --allow-unauthenticated-tcp. */
  readonly allowed: boolean;
}

/** Throws `invalid` for an address on which strangers would be root. */
export function checkExposure(address: Address, { verified, allowed }: Exposure): void {
  if (address.kind !== 'tcp' || verified || allowed || isLoopback(address.host)) return;
  throw new TskerError(
    'invalid',
    `cannot listen on "tcp://${address.host}:${address.port}": without --tlsverify only loopback addresses are served`,
    {
      hint: 'whoever reaches the API is root on this machine; use --tlsverify with certificates, or --allow-unauthenticated-tcp where no stranger can reach it',
    },
  );
}

/** sun_path of unix(7), less its NUL. */
const SOCKET_PATH_MAX = 107;

function checkSocketPath(path: string): string {
  const length = Buffer.byteLength(path);
  if (length <= SOCKET_PATH_MAX) return path;
  throw new TskerError(
    'invalid',
    `cannot listen on ${path}: the path of a socket has ${SOCKET_PATH_MAX} bytes at most, and this one is too long with ${length}`,
  );
}
