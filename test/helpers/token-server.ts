// A token server as registries name in their challenges (distribution, spec/auth/token.md and oauth.md). Its tokens are JWTs
// that docker-registry itself verifies, by the certificate in their header.
import { randomBytes, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeAuthority, type Pair } from './authority.ts';
import type { Owner } from './owner.ts';
import type { RegistryOptions } from './registry.ts';

export interface TokenRequest {
  readonly method: string;
  /** Of the query or the form. */
  readonly parameters: URLSearchParams;
  /** Whom it took for whom: a user, or undefined. */
  readonly user: string | undefined;
}

export interface TokenServer {
  readonly url: string;
  readonly requests: TokenRequest[];
  /** For startRegistry. */
  readonly token: NonNullable<RegistryOptions['token']>;
  /** Seconds that tokens live from now on; the registry grants a minute more. */
  lifetime: number;
}

export interface TokenServerOptions {
  /** User → password. */
  readonly users: Readonly<Record<string, string>>;
  /** Repositories that anybody may pull. */
  readonly open?: readonly string[];
}

const SERVICE = 'registry.test';
const ISSUER = 'token-server.test';

export async function startTokenServer(owner: Owner, options: TokenServerOptions): Promise<TokenServer> {
  const authority = makeAuthority(owner, ISSUER);
  const signer = authority.issue(ISSUER);
  const identities = new Map<string, string>();
  const requests: TokenRequest[] = [];
  const server = createServer(async (request, response) => {
    const parameters = await parametersOf(request);
    const known = whoAsks(request, parameters, { users: options.users, identities });
    requests.push({ method: request.method ?? '', parameters, user: known?.user });
    if (known === undefined) return void response.writeHead(401).end('{"details":"incorrect username or password"}');
    const offline = parameters.get('offline_token') === 'true' || parameters.get('access_type') === 'offline';
    const identity = offline && known.user !== undefined ? randomBytes(12).toString('hex') : undefined;
    if (identity !== undefined) identities.set(identity, known.user ?? '');
    const token = makeToken(signer, {
      user: known.user ?? '',
      lifetime: tokens.lifetime,
      access: accessOf(parameters, (name) => known.user !== undefined || (options.open ?? []).includes(name)),
    });
    const named = request.method === 'POST' ? { access_token: token } : { token };
    response.end(JSON.stringify({ ...named, expires_in: 60, ...(identity && { refresh_token: identity }) }));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  owner.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const token = { realm: url, service: SERVICE, issuer: ISSUER, bundle: authority.cert };
  const tokens: TokenServer = { url, requests, token, lifetime: 300 };
  return tokens;
}

async function parametersOf(request: IncomingMessage): Promise<URLSearchParams> {
  if (request.method !== 'POST') return new URL(request.url ?? '', 'http://none').searchParams;
  let body = '';
  for await (const chunk of request) body += chunk;
  return new URLSearchParams(body);
}

interface Known {
  readonly users: Readonly<Record<string, string>>;
  readonly identities: ReadonlyMap<string, string>;
}

/** Undefined: wrong credentials. No user: nobody in particular. */
function whoAsks(
  { headers }: IncomingMessage,
  parameters: URLSearchParams,
  { users, identities }: Known,
): { user: string | undefined } | undefined {
  const identity = parameters.get('refresh_token');
  if (identity !== null) {
    const user = identities.get(identity);
    return user === undefined ? undefined : { user };
  }
  const basic = /^Basic (.*)$/.exec(headers.authorization ?? '')?.[1];
  if (basic === undefined) return { user: undefined };
  const [, user = '', password] = /^([^:]*):(.*)$/.exec(Buffer.from(basic, 'base64').toString()) ?? [];
  return users[user] === password ? { user } : undefined;
}

interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** The scopes asked for, as far as they are granted: a stranger may pull what is open. */
function accessOf(parameters: URLSearchParams, mayPull: (name: string) => boolean): Access[] {
  const scopes = parameters.getAll('scope').flatMap((scope) => scope.split(' '));
  return scopes.flatMap((scope) => {
    const [, type = '', name = '', actions = ''] = /^([^:]+):(.+):([^:]*)$/.exec(scope) ?? [];
    return mayPull(name) ? [{ type, name, actions: actions.split(',') }] : [];
  });
}

interface Grant {
  readonly user: string;
  readonly lifetime: number;
  readonly access: readonly Access[];
}

function makeToken({ cert, key }: Pair, { user, lifetime, access }: Grant): string {
  const now = Math.floor(Date.now() / 1000);
  const x5c = [new X509Certificate(readFileSync(cert)).raw.toString('base64')];
  const claims = {
    ...{ iss: ISSUER, sub: user, aud: SERVICE, iat: now, nbf: now - 120, exp: now + lifetime },
    ...{ jti: randomBytes(8).toString('hex'), access },
  };
  const text = [{ typ: 'JWT', alg: 'ES256', x5c }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(text), { key: readFileSync(key), dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}
