// Requests to one registry: which of its addresses answers, its challenges answered, its refusals as errors. What is asked
// for, the clients know (client.ts, uploads.ts).
import { TskerError } from '../util/errors.ts';
import type { Authorizer } from './auth.ts';
import { parseChallenges } from './challenge.ts';
import type { Endpoint } from './endpoints.ts';
import { refusal, TransientError } from './errors.ts';
import { type HttpBody, type HttpClient, type HttpMethod, type HttpResponse, readAll } from './http.ts';
import { parseJson } from './manifest.ts';
import { parseRetryAfter } from './retry.ts';

export interface ConnectionOptions {
  readonly http: HttpClient;
  readonly endpoint: Endpoint;
  readonly authorizer: Authorizer;
  /** Host → base URL that answered; shared by connections. */
  readonly knownBases: Map<string, string>;
}

export interface ConnectionRequest {
  /** Below the registry's address; or a whole address that the registry named. */
  readonly path: string;
  readonly method?: HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
  readonly signal: AbortSignal;
}

const MAX_ERROR_BODY = 64 * 1024;

export class RegistryConnection {
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** The address that answers, or that will be tried first. */
  get address(): string {
    const { endpoint, knownBases } = this.#options;
    return knownBases.get(endpoint.host) ?? endpoint.baseUrls[0] ?? `https://${endpoint.host}`;
  }

  /** What a token server gave to be kept instead of the password. */
  get identityToken(): string | undefined {
    return this.#options.authorizer.identityToken;
  }

  /** A successful answer, after at most one round of authentication. Throws TransientError and RegistryError. */
  async request(request: ConnectionRequest): Promise<HttpResponse> {
    return expectSuccess(await this.ask(request));
  }

  /** The same, with every answer but a 401 returned as it is. */
  async ask(request: ConnectionRequest): Promise<HttpResponse> {
    const { authorizer } = this.#options;
    const used = authorizer.header;
    const response = await this.#send(request, used);
    if (response.status !== 401) return response;
    const refused = await readRefusal(response);
    await authorizer.answer(response, used, request.signal);
    if (authorizer.header === used) throw refused;
    const answer = await this.#send(request, authorizer.header);
    if (answer.status === 401) throw await readRefusal(answer);
    return answer;
  }

  /** Finds out once which of the endpoint's addresses answers: an insecure registry may have no TLS. */
  async #send(request: ConnectionRequest, authorization: string | undefined): Promise<HttpResponse> {
    const { endpoint, knownBases } = this.#options;
    const { host, baseUrls } = endpoint;
    const known = knownBases.get(host);
    const bases = known === undefined ? baseUrls : [known];
    if (!request.path.startsWith('/')) {
      const own = bases.some((base) => new URL(base).origin === new URL(request.path).origin);
      return await this.#sendTo(request.path, request, own ? authorization : undefined);
    }
    for (const [index, base] of bases.entries()) {
      try {
        const response = await this.#sendTo(base + request.path, request, authorization);
        knownBases.set(host, base);
        return response;
      } catch (error) {
        knownBases.delete(host);
        if (index === bases.length - 1 || !(error instanceof TransientError)) throw error;
      }
    }
    throw new TskerError('internal', `no address is known for the registry ${host}`);
  }

  #sendTo(url: string, request: ConnectionRequest, authorization: string | undefined): Promise<HttpResponse> {
    const { http, endpoint } = this.#options;
    const headers = { ...request.headers, ...credentials(authorization) };
    return http.request({ ...request, url, headers, insecure: endpoint.insecure, registry: endpoint.host });
  }
}

function credentials(authorization: string | undefined): Readonly<Record<string, string>> {
  return authorization === undefined ? {} : { Authorization: authorization };
}

/** The answer when it is one of success; throws what it says otherwise. */
export async function expectSuccess(response: HttpResponse): Promise<HttpResponse> {
  const { status, url, headers } = response;
  if (status >= 200 && status < 300) return response;
  if (status === 429 || status >= 500) {
    response.discard();
    const retryAfter = parseRetryAfter(headers.get('retry-after'), Date.now());
    const why = status === 429 ? 'toomanyrequests: too many requests' : `received unexpected HTTP status: ${status}`;
    throw new TransientError(`${why} from ${new URL(url).host}`, { retryAfter });
  }
  if (status === 416) {
    response.discard();
    throw new TskerError('corrupt', `a blob at ${new URL(url).host} is shorter than the manifest says`);
  }
  throw await readRefusal(response);
}

/** The error in an answer: by its challenge, its body, or its status. */
async function readRefusal(response: HttpResponse): Promise<Error> {
  const { status, url, headers } = response;
  const body = await readAll(response, MAX_ERROR_BODY);
  const challenges = parseChallenges(headers.get('www-authenticate') ?? '');
  const insufficient = challenges.some(({ parameters }) => parameters.get('error') === 'insufficient_scope');
  if (status === 401 && insufficient) return refusal({ status, url, reason: 'DENIED' });
  return refusal({ status, url, ...firstError(body) });
}

function firstError(body: Buffer): { reason?: string; message?: string } {
  try {
    const { errors } = parseJson(body);
    const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
    const { code, message }: { code?: unknown; message?: unknown } = typeof first === 'object' && first ? first : {};
    if (typeof code !== 'string') return {};
    return { reason: code, ...(typeof message === 'string' ? { message } : {}) };
  } catch {
    // Not every answer is a registry's: a proxy's page says nothing beyond its status.
    return {};
  }
}
