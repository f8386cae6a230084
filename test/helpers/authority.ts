// A certificate authority of a test's own, by openssl: certificates for servers, clients and token signers.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Owner } from './owner.ts';
import { tempdir } from './tempdir.ts';

/** Paths of PEM files. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** Its own certificate. */
  readonly cert: string;
  /** A certificate for `name`: as a server's (at 127.0.0.1 unless told other addresses), or as a client's. */
  issue(name: string, addresses?: readonly string[]): Pair;
}

export function makeAuthority(owner: Owner, label: string): Authority {
  const directory = tempdir(owner, 'authority');
  const path = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe', cwd: directory });
  const key = (name: string): string[] => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    name,
  ];
  openssl('req', '-x509', ...key('ca.key'), '-out', 'ca.crt', '-subj', `/CN=${label}`, '-days', '2');
  return {
    cert: path('ca.crt'),
    issue(name, addresses = ['127.0.0.1']) {
      openssl('req', ...key(`${name}.key`), '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      writeFileSync(
        path(`${name}.ext`),
        `subjectAltName=${[`DNS:${name}`, ...addresses.map((one) => `IP:${one}`)].join()}\n`,
      );
      const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`];
      openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...signed);
      return { cert: path(`${name}.crt`), key: path(`${name}.key`) };
    },
  };
}

export function readPair({ cert, key }: Pair): { cert: string; key: string } {
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}
