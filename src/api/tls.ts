// The certificates of TCP listeners, read once when they are opened: Docker's ca.pem, cert.pem and key.pem. Which files these are is
// the command line's matter.
import { readFileSync } from 'node:fs';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { messageOf, TskerError } from '../util/errors.ts';

/** Paths. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Of those whose certificates clients must show; undefined: anybody is served. */
  readonly clientCa: string | undefined;
}

/** Throws `invalid` that names the file. */
export function readTls({ cert, key, clientCa }: TlsFiles): TlsOptions {
  const pair = { cert: read(cert, 'certificate'), key: read(key, 'key'), minVersion: 'TLSv1.2' as const };
  const options = clientCa === undefined ? pair : { ...pair, ca: read(clientCa, 'CA certificate') };
  try {
    createSecureContext(options);
  } catch (cause) {
    throw new TskerError(
      'invalid',
      `invalid TLS configuration: could not load X509 key pair (cert: "${cert}", key: "${key}"): ${messageOf(cause)}`,
      { cause },
    );
  }
  return clientCa === undefined ? options : { ...options, requestCert: true, rejectUnauthorized: true };
}

function read(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new TskerError(
      'invalid',
      `invalid TLS configuration: could not read ${what} "${path}": ${messageOf(cause)}`,
      {
        cause,
        hint: 'files are named with --tlscacert, --tlscert and --tlskey',
      },
    );
  }
}
