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

/** An upload that has been begun. */
export interface UploadPlace {
  /** Where it goes on. */
  readonly location: string;
  /** Bytes that the registry has of it. */
  readonly offset: number;
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
    const { location } = await this.begin(signal);
    await this.commit(location, { digest, body: bytes, signal });
  }

  async begin(signal: AbortSignal): Promise<UploadPlace> {
    const response = await this.#connection.request({ method: 'POST', path: this.#path('blobs/uploads/'), signal });
    await finish(response);
    return { location: locationOf(response), offset: 0 };
  }

  /** How far an upload came that was cut; undefined when the registry has given it up. */
  async resume(location: string, signal: AbortSignal): Promise<UploadPlace | undefined> {
    const response = await this.#connection.ask({ path: location, signal });
    await finish(response);
    if (response.status === 429 || response.status >= 500) await expectSuccess(response);
    const last = /^(?:bytes=)?0-(\d+)$/.exec(response.headers.get('range') ?? '')?.[1];
    // `0-0` is what registries say of none, and of one byte.
    if (response.status !== 204 || last === undefined || last === '0') return undefined;
    return {
      location: response.headers.get('location') === null ? location : locationOf(response),
      offset: Number(last) + 1,
    };
  }

  /** Sends what follows; where the upload goes on after it. */
  async append(location: string, body: () => AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<string> {
    const headers = { 'Content-Type': 'application/octet-stream' };
    const response = await this.#connection.request({ method: 'PATCH', path: location, headers, body, signal });
    await finish(response);
    return locationOf(response);
  }

  /** Ends an upload, with the last of its bytes or all of them. */
  async commit(
    location: string,
    blob: { digest: string; body: string | Uint8Array; signal: AbortSignal },
  ): Promise<void> {
    const { digest, body, signal } = blob;
    const url = new URL(location);
    url.searchParams.set('digest', digest);
    const headers = { 'Content-Type': 'application/octet-stream' };
    await finish(await this.#connection.request({ method: 'PUT', path: url.href, headers, body, signal }));
  }

  /** Stores a manifest under a tag; its digest. */
  async putManifest(tag: string, manifest: { bytes: Buffer; mediaType: string }, signal: AbortSignal): Promise<string> {
    const { bytes, mediaType } = manifest;
    const headers = { 'Content-Type': mediaType };
    const path = this.#path(`manifests/${tag}`);
    await finish(await this.#connection.request({ method: 'PUT', path, headers, body: bytes, signal }));
    return digestOf(bytes);
  }

  /** Best effort: an upload that is left open is the registry's to clean away. */
  async #abandon(response: HttpResponse, signal: AbortSignal): Promise<void> {
    if (response.headers.get('location') === null) return;
    const answer = await this.#connection.ask({ method: 'DELETE', path: locationOf(response), signal });
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
function locationOf(response: HttpResponse): string {
  const url = URL.parse(response.headers.get('location') ?? '', response.url);
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href;
  throw new TskerError('corrupt', `${new URL(response.url).host} did not say where the upload goes on`);
}
