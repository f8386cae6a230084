// Answers the challenges of one registry for one repository: nothing, Basic, or a Bearer token from the server the
// challenge names (distribution's token specification). Tokens live as long as the pull.
import type { RegistryAuth } from '../types/image.ts';
import { TskerError } from '../util/errors.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { refusal, TransientError } from './errors.ts';
import { type HttpClient, type HttpResponse, readAll } from './http.ts';
import { parseJson } from './manifest.ts';
import { parseRetryAfter } from './retry.ts';

export interface AuthorizerOptions {
  readonly http: HttpClient;
  /** Undefined: anonymous. */
  readonly auth: RegistryAuth | undefined;
  readonly insecure: boolean;
  /** Host of the registry: its certificate authorities count for its token server. */
  readonly registry: string;
  /** `repository:library/busybox:pull`: all that will be done. None for a log-in. */
  readonly scopes: readonly string[];
  /** `offline`: a token that lasts is asked for beside the one for now, to be kept instead of the password. */
  readonly access?: 'online' | 'offline';
}

interface TokenQuestion {
  readonly parameters: URLSearchParams;
  readonly scopes: readonly string[];
}

const MAX_TOKEN_ANSWER = 1024 * 1024;
const CLIENT_ID = 'tsker';

export class Authorizer {
  readonly #options: AuthorizerOptions;
  #header: string | undefined;
  /** Requests that are refused together fetch one token. */
  #pending: Promise<void> | undefined;
  /** What the token server gives to be kept; it may replace the one it was shown. */
  #identityToken: string | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
    const token = options.auth?.registrytoken;
    this.#header = token === undefined ? undefined : `Bearer ${token}`;
    this.#identityToken = options.auth?.identitytoken;
  }

  /** The Authorization header to send, once a challenge has been answered. */
  get header(): string | undefined {
    return this.#header;
  }

  /** What stands for the password from now on, where the token server gave such a thing. */
  get identityToken(): string | undefined {
    return this.#identityToken;
  }

  /** Takes up the challenges of a 401; throws when there is nothing to answer them with. `used` is the header that was refused. */
  async answer(response: HttpResponse, used: string | undefined, signal: AbortSignal): Promise<void> {
    if (this.#header !== used) return;
    this.#pending ??= this.#negotiate(response, signal).finally(() => {
      this.#pending = undefined;
    });
    await this.#pending;
  }

  async #negotiate(response: HttpResponse, signal: AbortSignal): Promise<void> {
    const challenges = parseChallenges(response.headers.get('www-authenticate') ?? '');
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    const basic = challenges.find(({ scheme }) => scheme === 'basic');
    if (bearer !== undefined) this.#header = `Bearer ${await this.#fetchToken(bearer, response, signal)}`;
    else if (basic !== undefined) this.#header = this.#basicOf(response.url);
    else throw refusal({ status: 401, url: response.url });
  }

  #basicOf(url: string): string {
    const basic = basicCredentials(this.#options.auth);
    const { origin, pathname } = new URL(url);
    if (basic === undefined)
      throw new TskerError('unauthorized', `Get "${origin}${pathname}": no basic auth credentials`);
    return `Basic ${basic}`;
  }

  async #fetchToken(challenge: Challenge, response: HttpResponse, signal: AbortSignal): Promise<string> {
    const realm = checkRealm(challenge.parameters.get('realm'), response.url);
    const service = challenge.parameters.get('service');
    const parameters = new URLSearchParams(service === undefined ? {} : { service });
    // Ours and the challenge's: one token then serves the whole push, whatever was refused first.
    const scopes = new Set([...this.#options.scopes, ...(challenge.parameters.get('scope') ?? '').split(' ')]);
    scopes.delete('');
    const answer = await this.#askTokenServer(realm, { parameters, scopes: [...scopes] }, signal);
    const body = await readAll(answer, MAX_TOKEN_ANSWER);
    if (answer.status !== 200) throw tokenRefusal(answer, body);
    const { token, access_token: accessToken, refresh_token: refreshToken } = parseJson(body);
    if (typeof refreshToken === 'string' && refreshToken !== '') this.#identityToken = refreshToken;
    const found = [token, accessToken].find((value) => typeof value === 'string' && value !== '');
    if (typeof found !== 'string' || /[\r\n]/.test(found)) {
      throw new TskerError(
        'unauthorized',
        `authorization server ${realm.host} did not include a token in the response`,
      );
    }
    return found;
  }

  #askTokenServer(realm: URL, { parameters, scopes }: TokenQuestion, signal: AbortSignal): Promise<HttpResponse> {
    const { http, auth, insecure, registry, access } = this.#options;
    if (this.#identityToken !== undefined) {
      if (scopes.length > 0) parameters.set('scope', scopes.join(' '));
      parameters.set('grant_type', 'refresh_token');
      parameters.set('refresh_token', this.#identityToken);
      parameters.set('access_type', access ?? 'online');
      parameters.set('client_id', CLIENT_ID);
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const body = parameters.toString();
      const request = { url: realm.href, method: 'POST', headers, body, redirects: 'same-origin' } as const;
      return http.request({ ...request, insecure, registry, signal });
    }
    const basic = basicCredentials(auth);
    if (auth?.username !== undefined) parameters.set('account', auth.username);
    if (access === 'offline') {
      parameters.set('offline_token', 'true');
      parameters.set('client_id', CLIENT_ID);
    }
    const url = new URL(realm);
    for (const [name, value] of parameters) url.searchParams.set(name, value);
    for (const scope of scopes) url.searchParams.append('scope', scope);
    const headers = basic === undefined ? {} : { Authorization: `Basic ${basic}` };
    return http.request({ url: url.href, headers, insecure, registry, signal });
  }
}

/** The token server of a registry spoken to by TLS must be so too: credentials go there. */
function checkRealm(realm: string | undefined, registry: string): URL {
  const url = URL.parse(realm ?? '');
  const secure = new URL(registry).protocol === 'https:';
  if (url === null || !/^https?:$/.test(url.protocol) || (secure && url.protocol !== 'https:')) {
    throw new TskerError('unauthorized', `invalid token realm "${realm ?? ''}" of ${new URL(registry).host}`);
  }
  return url;
}

function tokenRefusal(answer: HttpResponse, body: Buffer): Error {
  if (answer.status === 401) {
    return refusal({ status: 401, url: answer.url, reason: 'UNAUTHORIZED', message: 'incorrect username or password' });
  }
  const { host } = new URL(answer.url);
  const text = `token server ${host} answered ${answer.status}: ${body.subarray(0, 200).toString()}`;
  if (answer.status < 500 && answer.status !== 429) return new TskerError('unavailable', text);
  return new TransientError(text, { retryAfter: parseRetryAfter(answer.headers.get('retry-after'), Date.now()) });
}

function basicCredentials(auth: RegistryAuth | undefined): string | undefined {
  if (auth?.username !== undefined && auth.password !== undefined) {
    return Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
  }
  return auth?.auth !== undefined && /^[A-Za-z0-9+/=_-]+$/.test(auth.auth) ? auth.auth : undefined;
}
