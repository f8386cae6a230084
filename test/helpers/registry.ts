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
}

export async function startRegistry(owner: Owner, options: RegistryOptions = {}): Promise<Registry> {
  const base = tempdir(owner, 'registry');
  const port = options.port ?? (await freePort());
  const host = `127.0.0.1:${port}`;
  const url = `http://${host}`;
  const storage = options.storage ?? join(base, 'data');
  const config = join(base, 'config.yml');
  const passwords = join(base, 'htpasswd');
  if (options.htpasswd !== undefined) writeFileSync(passwords, options.htpasswd);
  const auth = options.htpasswd === undefined ? '' : `auth: {htpasswd: {realm: test, path: ${passwords}}}\n`;
  writeFileSync(config, configuration(storage, host) + auth);
  const enter = options.enter ?? [];
  const server = startBackground([...enter, 'docker-registry', 'serve', config], { log: join(base, 'log') });
  owner.teardown(() => server.stop());
  await waitFor('the registry answers', async () => {
    if (server.exitCode() !== undefined) throw new Error(`docker-registry ended: ${server.output()}`);
    const probe = await run([...enter, '/bin/busybox', 'wget', '-q', '-O', '-', `${url}/v2/`]);
    return probe.code === 0 || (auth !== '' && /401/.test(probe.stderr));
  });
  return { host, url, storage, pid: server.pid };
}

function configuration(storage: string, host: string): string {
  return `version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: ${storage}}, delete: {enabled: true}}
http: {addr: "${host}"}
`;
}
