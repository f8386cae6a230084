// One repository at one registry, over the distribution API v2: manifests, blobs and tags, with its challenges answered
// and what may pass tried again. Digests of manifests are verified here, those of blobs where they are unpacked.
import { TskerError } from '../util/errors.ts';
import type { Authorizer } from './auth.ts';
import { parseChallenges } from './challenge.ts';
import { digestOf, isDigest, matchesDigest } from './digest.ts';
import type { Endpoint } from './endpoints.ts';
import { refusal, TransientError } from './errors.ts';
import { type HttpClient, type HttpResponse, readAll } from './http.ts';
import { MAX_MANIFEST, parseJson } from './manifest.ts';
import { ACCEPTED_MANIFESTS } from './media-types.ts';
import { parseRetryAfter, Retries, type RetryPolicy } from './retry.ts';
import type { BlobRequest, ImageSource, RawManifest } from './source.ts';

export interface RegistryClientOptions {
  readonly http: HttpClient;
  readonly endpoint: Endpoint;
  /** Path of the repository. */
  readonly repository: string;
  readonly authorizer: Authorizer;
  readonly retry: RetryPolicy;
  /** Host → base URL that answered; shared by the clients of a puller. */
  readonly knownBases: Map<string, string>;
}

const MAX_ERROR_BODY = 64 * 1024;
const MAX_TAG_PAGES = 1000;
/** Somebody waits for the answer to a question, and a registry that cannot be reached is mostly a wrong name. */
const QUESTION_ATTEMPTS = 3;

type Headers = Readonly<Record<string, string>>;

export class RegistryClient implements ImageSource {
  readonly #options: RegistryClientOptions;

  constructor(options: RegistryClientOptions) {
    this.#options = options;
  }

  async manifest(reference: string, signal: AbortSignal): Promise<RawManifest> {
    return this.#retrying(signal, async () => {
      const path = `/v2/${this.#options.repository}/manifests/${reference}`;
      const response = await this.#get(path, { Accept: ACCEPTED_MANIFESTS.join(', ') }, signal);
      const bytes = await readAll(response, MAX_MANIFEST);
      const mediaType = (response.headers.get('content-type') ?? '').split(';')[0]?.trim() ?? '';
      return { bytes, mediaType, digest: verifiedDigest(bytes, reference, response) };
    });
  }

  async blob({ digest, offset, size, urls = [], signal }: BlobRequest): Promise<AsyncIterable<Uint8Array>> {
    const headers: Headers = offset === 0 ? {} : { Range: `bytes=${offset}-${size - 1}` };
    const foreign = urls[0];
    const response =
      foreign === undefined
        ? await this.#get(`/v2/${this.#options.repository}/blobs/${digest}`, headers, signal)
        : await this.#getForeign(foreign, headers, signal);
    return offset > 0 && response.status !== 206 ? skip(response.body, offset) : checkRange(response, offset);
  }

  async tags(signal: AbortSignal): Promise<string[]> {
    const tags: string[] = [];
    let path: string | undefined = `/v2/${this.#options.repository}/tags/list`;
    for (let page = 0; path !== undefined && page < MAX_TAG_PAGES; page += 1) {
      const current: string = path;
      const { found, next } = await this.#retrying(signal, () => this.#tagPage(current, signal));
      tags.push(...found);
      path = next;
    }
    return tags;
  }

  async #tagPage(path: string, signal: AbortSignal): Promise<{ found: string[]; next: string | undefined }> {
    const response = await this.#get(path, {}, signal);
    const { tags } = parseJson(await readAll(response, MAX_MANIFEST));
    const link = /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get('link') ?? '')?.[1];
    const next = link === undefined ? null : URL.parse(link, response.url);
    const found = Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
    return { found, next: next === null ? undefined : `${next.pathname}${next.search}` };
  }

  async #retrying<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    const { retry } = this.#options;
    const retries = new Retries({ ...retry, attempts: Math.min(retry.attempts, QUESTION_ATTEMPTS) }, signal);
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        await retries.waitAfter(error);
      }
    }
  }

  /** A successful answer, after at most one round of authentication. */
  async #get(path: string, headers: Headers, signal: AbortSignal): Promise<HttpResponse> {
    const { authorizer } = this.#options;
    const used = authorizer.header;
    const response = await this.#send(path, withAuthorization(headers, used), signal);
    if (response.status !== 401) return expectSuccess(response);
    const refused = await readRefusal(response);
    await authorizer.answer(response, used, signal);
    if (authorizer.header === used) throw refused;
    return expectSuccess(await this.#send(path, withAuthorization(headers, authorizer.header), signal));
  }

  /** Finds out once which of the endpoint's addresses answers: an insecure registry may have no TLS. */
  async #send(path: string, headers: Headers, signal: AbortSignal): Promise<HttpResponse> {
    const { http, endpoint, knownBases } = this.#options;
    const { host, baseUrls, insecure } = endpoint;
    const known = knownBases.get(host);
    const bases = known === undefined ? baseUrls : [known];
    for (const [index, base] of bases.entries()) {
      try {
        const response = await http.request({ url: base + path, headers, insecure, signal });
        knownBases.set(host, base);
        return response;
      } catch (error) {
        knownBases.delete(host);
        if (index === bases.length - 1 || !(error instanceof TransientError)) throw error;
      }
    }
    throw new TskerError('internal', `no address is known for the registry ${host}`);
  }

  async #getForeign(url: string, headers: Headers, signal: AbortSignal): Promise<HttpResponse> {
    if (!/^https?:\/\//.test(url)) throw new TskerError('corrupt', `invalid address of a foreign layer: ${url}`);
    return expectSuccess(await this.#options.http.request({ url, headers, insecure: false, signal }));
  }
}

function withAuthorization(headers: Headers, authorization: string | undefined): Headers {
  return authorization === undefined ? headers : { ...headers, Authorization: authorization };
}

/** The digest asked for, or named by the registry, must be that of the bytes. */
function verifiedDigest(bytes: Buffer, reference: string, response: HttpResponse): string {
  const named = isDigest(reference) ? reference : response.headers.get('docker-content-digest');
  if (named !== null && isDigest(named) && !matchesDigest(bytes, named)) {
    throw new TskerError('corrupt', `manifest verification failed for digest ${named}`);
  }
  return named !== null && isDigest(named) ? named : digestOf(bytes);
}

async function expectSuccess(response: HttpResponse): Promise<HttpResponse> {
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

/** A server without ranges sends everything again. */
async function* skip(body: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of body) {
    if (left >= chunk.length) left -= chunk.length;
    else {
      yield chunk.subarray(left);
      left = 0;
    }
  }
}

function checkRange(response: HttpResponse, offset: number): AsyncIterable<Uint8Array> {
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (response.status !== 206 || start === undefined || Number(start) === offset) return response.body;
  response.discard();
  throw new TransientError(`${new URL(response.url).host} answered with another range than asked for`);
}
