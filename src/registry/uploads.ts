// What a push asks of one repository (distribution-spec, "Push"): is a blob there, mount it from another repository,
// upload it, put a manifest. Nothing is tried twice here.
import { TskerError } from '../util/errors.ts';
import { expectSuccess, type RegistryConnection } from './connection.ts';
import { digestOf } from './digest.ts';
import { type HttpResponse, readAll } from './http.ts';

const MAX_ANSWER = 64 * 1024;

/** A blob that is in the repository. */
export interface PresentBlob {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

export interface MountRequest {
  readonly digest: string;
  /** Path of the repository at the same registry that has it. */
  readonly from: string;
}

export class Uploads {
  readonly #connection: RegistryConnection;
  readonly #repository: string;

  constructor(connection: RegistryConnection, repository: string) {
    this.#connection = connection;
    this.#repository = repository;
  }

  /** The blob's size, undefined when the repository has none. */
  async find(digest: string, signal: AbortSignal): Promise<PresentBlob | undefined> {
    const response = await this.#connection.ask({ method: 'HEAD', path: this.#path(`blobs/${digest}`), signal });
    if (response.status === 404) return undefined;
    await finish(await expectSuccess(response));
    const size = Number(response.headers.get('content-length') ?? Number.NaN);
    return Number.isSafeInteger(size) ? { digest, size } : undefined;
  }

  /** True when the registry took the blob over; otherwise nothing is left of the attempt. */
  async mount({ digest, from }: MountRequest, signal: AbortSignal): Promise<boolean> {
    const path = this.#path(`blobs/uploads/?${new URLSearchParams({ mount: digest, from })}`);
    const response = await this.#connection.request({ method: 'POST', path, signal });
    await finish(response);
    if (response.status === 201) return true;
    // The registry opened an upload instead, as the specification wants of one that cannot mount.
    await this.#abandon(response, signal);
    return false;
  }

  /** A small blob in one request. */
  async put(digest: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.#commit(await this.#begin(signal), { digest, body: bytes, signal });
  }

  /** Sends a stream whose digest is known when it has been sent: `digest` is asked then. */
  async stream(body: () => AsyncIterable<Uint8Array>, digest: () => string, signal: AbortSignal): Promise<void> {
    const headers = { 'Content-Type': 'application/octet-stream' };
    const path = await this.#begin(signal);
    const response = await this.#connection.request({ method: 'PATCH', path, headers, body, signal });
    await finish(response);
    await this.#commit(location(response), { digest: digest(), body: '', signal });
  }

  /** Stores a manifest under a tag; its digest. */
  async putManifest(tag: string, manifest: { bytes: Buffer; mediaType: string }, signal: AbortSignal): Promise<string> {
    const { bytes, mediaType } = manifest;
    const headers = { 'Content-Type': mediaType };
    const path = this.#path(`manifests/${tag}`);
    await finish(await this.#connection.request({ method: 'PUT', path, headers, body: bytes, signal }));
    return digestOf(bytes);
  }

  async #begin(signal: AbortSignal): Promise<string> {
    const response = await this.#connection.request({ method: 'POST', path: this.#path('blobs/uploads/'), signal });
    await finish(response);
    return location(response);
  }

  async #commit(path: string, blob: { digest: string; body: string | Uint8Array; signal: AbortSignal }): Promise<void> {
    const { digest, body, signal } = blob;
    const url = new URL(path);
    url.searchParams.set('digest', digest);
    const headers = { 'Content-Type': 'application/octet-stream' };
    await finish(await this.#connection.request({ method: 'PUT', path: url.href, headers, body, signal }));
  }

  /** Best effort: an upload that is left open is the registry's to clean away. */
  async #abandon(response: HttpResponse, signal: AbortSignal): Promise<void> {
    if (response.headers.get('location') === null) return;
    const answer = await this.#connection.ask({ method: 'DELETE', path: location(response), signal });
    await finish(answer);
  }

  #path(rest: string): string {
    return `/v2/${this.#repository}/${rest}`;
  }
}

/** Reads what is left of an answer, so that its connection can be used again. */
async function finish(response: HttpResponse): Promise<void> {
  await readAll(response, MAX_ANSWER);
}

/** Where the upload goes on. */
function location(response: HttpResponse): string {
  const url = URL.parse(response.headers.get('location') ?? '', response.url);
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href;
  throw new TskerError('corrupt', `${new URL(response.url).host} did not say where the upload goes on`);
}
