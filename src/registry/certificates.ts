// The certificates of registries as Docker keeps them (docs.docker.com/engine/security/certificates): below certs.d a
// directory for each host[:port] with authorities (*.crt) and client certificates (*.cert with their *.key).
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TskerError } from '../util/errors.ts';

export interface HostCertificates {
  /** PEM; trusted beside the system's. */
  readonly authorities: readonly string[];
  /** PEM. */
  readonly pairs: readonly { readonly cert: string; readonly key: string }[];
}

export const DEFAULT_CERTIFICATES: readonly string[] = ['/etc/tsker/certs.d', '/etc/docker/certs.d'];

const NONE: HostCertificates = { authorities: [], pairs: [] };
const MAX_FILES = 100;

/** Those of `host`, `name[:port]`, from the first of the directories that has the host. Throws `invalid` for half a pair. */
export async function readCertificates(directories: readonly string[], host: string): Promise<HostCertificates> {
  for (const directory of directories) {
    const path = join(directory, host);
    const names = await namesIn(path);
    if (names !== undefined) return await readDirectory(path, names);
  }
  return NONE;
}

/** Undefined when there is no such directory. */
async function namesIn(path: string): Promise<readonly string[] | undefined> {
  try {
    return (await readdir(path)).sort().slice(0, MAX_FILES);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new TskerError('invalid', `the certificates in ${path} cannot be read: ${String(code)}`, { cause: error });
  }
}

async function readDirectory(path: string, names: readonly string[]): Promise<HostCertificates> {
  const withEnd = (end: string): string[] => names.filter((name) => name.endsWith(end));
  const base = (name: string): string => name.slice(0, name.lastIndexOf('.'));
  const read = (name: string): Promise<string> => readFile(join(path, name), 'utf8');
  for (const cert of withEnd('.cert')) {
    if (names.includes(`${base(cert)}.key`)) continue;
    throw new TskerError(
      'invalid',
      `missing key ${base(cert)}.key for client certificate ${cert}. CA certificates must use the extension .crt`,
    );
  }
  for (const key of withEnd('.key')) {
    if (names.includes(`${base(key)}.cert`)) continue;
    throw new TskerError('invalid', `missing client certificate ${base(key)}.cert for key ${key}`);
  }
  return {
    authorities: await Promise.all(withEnd('.crt').map(read)),
    pairs: await Promise.all(
      withEnd('.cert').map(async (name) => ({ cert: await read(name), key: await read(`${base(name)}.key`) })),
    ),
  };
}
