// Several sources of one repository, in order: a mirror that fails is left for the next one, for the rest of the pull.
// Blobs are named by digest, so a download goes on where the mirror ended.
import { throwIfAborted } from './retry.ts';
import type { BlobRequest, ImageSource, RawManifest } from './source.ts';

export class FallbackSource implements ImageSource {
  readonly #sources: readonly ImageSource[];
  #current = 0;

  /** `last` is the one whose errors count. */
  constructor(mirrors: readonly ImageSource[], last: ImageSource) {
    this.#sources = [...mirrors, last];
  }

  manifest(reference: string, signal: AbortSignal): Promise<RawManifest> {
    return this.#try(signal, (source) => source.manifest(reference, signal));
  }

  async blob(request: BlobRequest): Promise<AsyncIterable<Uint8Array>> {
    const body = await this.#try(request.signal, (source) => source.blob(request));
    return this.#watched(body, this.#current);
  }

  tags(signal: AbortSignal): Promise<string[]> {
    return this.#try(signal, (source) => source.tags(signal));
  }

  async #try<T>(signal: AbortSignal, ask: (source: ImageSource) => Promise<T>): Promise<T> {
    for (;;) {
      const index = this.#current;
      const source = this.#sources[index];
      if (source === undefined) throw new Error('a fallback source has no sources');
      try {
        return await ask(source);
      } catch (error) {
        throwIfAborted(signal);
        if (!this.#leave(index)) throw error;
      }
    }
  }

  /** A body that breaks makes the next request go elsewhere. */
  async *#watched(body: AsyncIterable<Uint8Array>, index: number): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      this.#leave(index);
      throw error;
    }
  }

  /** Whether there is another source after `index`. */
  #leave(index: number): boolean {
    if (index === this.#current && index < this.#sources.length - 1) this.#current += 1;
    return this.#current > index;
  }
}
