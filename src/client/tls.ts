// TLS to a daemon: which certificates (Docker's variables and flags), and the connection. Loaded only when it is asked for: TLS takes
// longer to load than most commands run.
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { messageOf, TskerError } from '../util/errors.ts';
import type { ClientTls } from './host.ts';

export interface TlsTarget {
  readonly address: string;
  readonly port: number;
  readonly tls: ClientTls;
}

/** Connects at once; failures arrive as the socket's `error` event. Throws `invalid` for a file that cannot be read. */
export function connectTls({ address, port, tls }: TlsTarget): TLSSocket {
  const { ca, cert, key, verify } = tls;
  // A server that asks for no certificate is spoken to without one.
  const hasPair = existsSync(cert) || existsSync(key);
  const options: ConnectionOptions & { readonly allowHalfOpen: true } = {
    host: address,
    port,
    allowHalfOpen: true,
    ...(isIP(address) === 0 ? { servername: address } : {}),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: verify,
    ...(verify || existsSync(ca) ? { ca: read(ca, 'CA certificate') } : {}),
    ...(hasPair ? { cert: read(cert, 'certificate'), key: read(key, 'key') } : {}),
  };
  return connect(options);
}

function read(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new TskerError('invalid', `could not read ${what} "${path}": ${messageOf(cause)}`, {
      cause,
      hint: 'the files are named with --tlscacert, --tlscert and --tlskey, or lie in DOCKER_CERT_PATH',
    });
  }
}
