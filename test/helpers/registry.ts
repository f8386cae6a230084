// Debian's docker-registry on a free loopback port, with a root of its own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Owner } from './owner.ts';
import { startBackground } from './process.ts';
import { run } from './run.ts';
import { freePort } from './subnet.ts';
import { tempdir } from './tempdir.ts';
import { waitFor } from './wait.ts';

export interface Registry {
  /** `127.0.0.1:port`, as it stands in a reference. */
  readonly host: string;
  readonly url: string;
  /** Its storage, for tests that spoil blobs, and for a second registry that serves the same. */
  readonly storage: string;
  readonly pid: number;
}

export interface RegistryOptions {
  /** Serve what another registry stores. */
  readonly storage?: string;
  /** Prefix of its argv: `docker.enter` puts it on the loopback of the reference engine's network namespace. */
  readonly enter?: readonly string[];
  readonly port?: number;
  /** Lines of `user:bcrypt`: it wants Basic credentials. */
  readonly htpasswd?: string;
  /** It speaks TLS; paths of PEM files. With `clients` it wants certificates of that authority. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clients?: string };
  /** It wants tokens that this server signs; `bundle` is the PEM file of the authorities it trusts. */
  readonly token?: {
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    readonly bundle: string;
  };
}

export async function startRegistry(owner: Owner, options: RegistryOptions = {}): Promise<Registry> {
  const base = tempdir(owner, 'registry');
  const port = options.port ?? (await freePort());
  const host = `127.0.0.1:${port}`;
  const url = `${options.tls === undefined ? 'http' : 'https'}://${host}`;
  const storage = options.storage ?? join(base, 'data');
  const config = join(base, 'config.yml');
  const passwords = join(base, 'htpasswd');
  if (options.htpasswd !== undefined) writeFileSync(passwords, options.htpasswd);
  writeFileSync(config, configuration({ storage, host, passwords, options }));
  const enter = options.enter ?? [];
  const server = startBackground([...enter, 'docker-registry', 'serve', config], { log: join(base, 'log') });
  owner.teardown(() => server.stop());
  await waitFor('the registry answers', async () => {
    if (server.exitCode() !== undefined) throw new Error(`docker-registry ended: ${server.output()}`);
    return await answers([...enter, '/bin/busybox', 'nc', '127.0.0.1', String(port)]);
  });
  return { host, url, storage, pid: server.pid };
}

/** Whether something listens: what it answers depends on its TLS and authentication. */
async function answers(argv: readonly string[]): Promise<boolean> {
  const { code } = await run(argv);
  return code === 0;
}

interface Facts {
  readonly storage: string;
  readonly host: string;
  /** Path of the htpasswd file. */
  readonly passwords: string;
  readonly options: RegistryOptions;
}

function configuration({ storage, host, passwords, options }: Facts): string {
  const { htpasswd, tls, token } = options;
  const clients = tls?.clients === undefined ? '' : `, clientcas: [${tls.clients}]`;
  const secure = tls === undefined ? '' : `, tls: {certificate: ${tls.cert}, key: ${tls.key}${clients}}`;
  return `version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: ${storage}}, delete: {enabled: true}}
http: {addr: "${host}", relativeurls: true${secure}}
${htpasswd === undefined ? '' : `auth: {htpasswd: {realm: test, path: ${passwords}}}`}
${token === undefined ? '' : `auth: {token: {realm: "${token.realm}", service: ${token.service}, issuer: ${token.issuer}, rootcertbundle: ${token.bundle}}}`}
`;
}
