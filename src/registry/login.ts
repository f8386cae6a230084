// The verb login: are these credentials good at that registry? Nothing is kept.
import type { RegistryAuth } from '../types/image.ts';
import { TskerError } from '../util/errors.ts';
import { expectSuccess } from './connection.ts';
import type { Connections } from './connections.ts';
import { RegistryError } from './errors.ts';
import { readAll } from './http.ts';
import { DEFAULT_DOMAIN } from './reference.ts';

const MAX_ANSWER = 64 * 1024;
const HUB_NAMES: ReadonlySet<string> = new Set(['', 'docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** The registry's domain in a server address as clients send it: `https://index.docker.io/v1/`, `localhost:5000`. */
function domainOf(serverAddress: string | undefined): string {
  const host = (serverAddress ?? '').replace(/^https?:\/\//, '').split('/')[0] ?? '';
  if (HUB_NAMES.has(host)) return DEFAULT_DOMAIN;
  if (!/^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d+)?$/.test(host)) {
    throw new TskerError('invalid', `invalid server address: ${serverAddress}`);
  }
  return host;
}

/**
 * Throws `unauthorized` in Docker's words when they are not. The token that the registry gives to be kept instead of the
 * password; undefined: it has no such thing.
 */
export async function checkLogin(
  connections: Connections,
  auth: RegistryAuth,
  signal: AbortSignal,
): Promise<string | undefined> {
  const connection = await connections.open({
    domain: domainOf(auth.serveraddress),
    auth,
    scopes: [],
    access: 'offline',
  });
  try {
    await readAll(await expectSuccess(await connection.ask({ path: '/v2/', signal })), MAX_ANSWER);
    return connection.identityToken;
  } catch (error) {
    if (!(error instanceof RegistryError) || error.reason !== 'UNAUTHORIZED') throw error;
    throw new TskerError(
      'unauthorized',
      `login attempt to ${connection.address}/v2/ failed with status: 401 Unauthorized`,
      {
        cause: error,
      },
    );
  }
}
