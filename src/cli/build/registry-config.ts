// What a build needs of the user's config.json: all credentials, for the bases of the Dockerfile, and the proxies that become
// build arguments.
import type { Environment } from '../../client/host.ts';
import type { RegistryAuth } from '../../types/image.ts';
import { authsOf, readConfig } from '../credentials/config-file.ts';
import { encodeAuth, findCredentials } from '../credentials/credentials.ts';

/** X-Registry-Config: credentials by server. */
export async function registryConfigHeader(env: Environment): Promise<Record<string, string>> {
  const config = await readConfig(env);
  const helpers = config['credHelpers'];
  const servers = new Set([...Object.keys(authsOf(config)), ...Object.keys(objectOf(helpers))]);
  const found: Record<string, RegistryAuth> = {};
  for (const server of servers) {
    const auth = await findCredentials(env, server);
    if (auth !== undefined) found[server] = auth;
  }
  return { 'X-Registry-Config': encodeAuth(found) };
}

const PROXIES = {
  httpProxy: 'HTTP_PROXY',
  httpsProxy: 'HTTPS_PROXY',
  noProxy: 'NO_PROXY',
  ftpProxy: 'FTP_PROXY',
  allProxy: 'ALL_PROXY',
};

/** Build arguments for the proxies of this daemon, in both spellings, as Docker's client sends them. */
export async function proxyArguments(env: Environment, host: string): Promise<Readonly<Record<string, string>>> {
  const proxies = objectOf((await readConfig(env))['proxies']);
  const chosen = objectOf(proxies[host] ?? proxies['default']);
  return Object.fromEntries(
    Object.entries(PROXIES).flatMap(([key, name]) => {
      const value = chosen[key];
      if (typeof value !== 'string' || value === '') return [];
      return [
        [name, value],
        [name.toLowerCase(), value],
      ];
    }),
  );
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
