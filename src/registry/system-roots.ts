// The authorities that the system trusts, where distributions keep them (the list is that of Go's crypto/x509,
// root_linux.go). Node would trust its own collection, which no administrator can change.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

const BUNDLES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

type Environment = Readonly<Record<string, string | undefined>>;

/** PEM. A system without any has Node's, so that a minimal host can pull. `SSL_CERT_FILE` and `SSL_CERT_DIR` come first. */
export async function readSystemRoots(env: Environment): Promise<readonly string[]> {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: directories } = env;
  const bundle = await firstOf(file ? [file] : BUNDLES);
  const more = directories ? await Promise.all(directories.split(':').map(allIn)) : [];
  const roots = [...(bundle === undefined ? [] : [bundle]), ...more.flat()];
  return roots.length > 0 ? roots : rootCertificates;
}

async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const text = await certificatesIn(path);
    if (text !== undefined) return text;
  }
  return undefined;
}

async function allIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  const texts = await Promise.all(names.map((name) => certificatesIn(join(directory, name))));
  return texts.filter((text) => text !== undefined);
}

/** Undefined for what cannot be read or holds none: of a list of places most are not there. */
async function certificatesIn(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.includes('-----BEGIN CERTIFICATE-----') ? text : undefined;
}
