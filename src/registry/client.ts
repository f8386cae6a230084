// One repository at one registry, over the distribution API v2: what a pull reads of it, manifests, blobs and tags; what may
// pass is tried again. Digests of manifests are verified here, those of blobs where they are unpacked.
import { TskerError } from '../util/errors.ts';
import { expectSuccess, type RegistryConnection } from './connection.ts';
import { digestOf, isDigest, matchesDigest } from './digest.ts';
import { TransientError } from './errors.ts';
import { type HttpClient, type HttpResponse, readAll } from './http.ts';
import { MAX_MANIFEST, parseJson } from './manifest.ts';
import { ACCEPTED_MANIFESTS } from './media-types.ts';
import { Retries, type RetryPolicy } from './retry.ts';
import type { BlobRequest, ImageSource, RawManifest } from './source.ts';

export interface RegistryClientOptions {
  readonly http: HttpClient;
  readonly connection: RegistryConnection;
  /** Path of the repository. */
  readonly repository: string;
  readonly retry: RetryPolicy;
}

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

  #get(path: string, headers: Headers, signal: AbortSignal): Promise<HttpResponse> {
    return this.#options.connection.request({ path, headers, signal });
  }

  async #getForeign(url: string, headers: Headers, signal: AbortSignal): Promise<HttpResponse> {
    if (!/^https?:\/\//.test(url)) throw new TskerError('corrupt', `invalid address of a foreign layer: ${url}`);
    return expectSuccess(await this.#options.http.request({ url, headers, insecure: false, signal }));
  }
}

/** The digest asked for, or named by the registry, must be that of the bytes. */
function verifiedDigest(bytes: Buffer, reference: string, response: HttpResponse): string {
  const named = isDigest(reference) ? reference : response.headers.get('docker-content-digest');
  if (named !== null && isDigest(named) && !matchesDigest(bytes, named)) {
    throw new TskerError('corrupt', `manifest verification failed for digest ${named}`);
  }
  return named !== null && isDigest(named) ? named : digestOf(bytes);
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
