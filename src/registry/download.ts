// One blob from a source to a writer, whole: cut connections are taken up where they ended, and the length is verified.
// Its digest is verified by who unpacks it.
import { TskerError } from '../util/errors.ts';
import { TransientError } from './errors.ts';
import { Retries, type RetryPolicy, throwIfAborted } from './retry.ts';
import type { ImageSource } from './source.ts';

export interface Blob {
  readonly digest: string;
  readonly size: number;
  readonly urls: readonly string[];
}

export interface DownloadOptions {
  readonly source: ImageSource;
  readonly blob: Blob;
  readonly retry: RetryPolicy;
  readonly signal: AbortSignal;
  /** Takes the next bytes. What it throws ends the download. */
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** Bytes so far. */
  readonly onProgress: (current: number) => void;
  /** Milliseconds until the next try. */
  readonly onRetry: (delay: number) => void;
}

/** Bytes of one connection that make it a success, however it ends. */
const PROGRESS = 64 * 1024;

/** Downloads the blob. Throws `corrupt` when the source has more or fewer bytes than the manifest says. */
export async function downloadBlob(options: DownloadOptions): Promise<void> {
  const { blob, signal } = options;
  const retries = new Retries(options.retry, signal);
  let offset = 0;
  while (offset < blob.size) {
    const begun = offset;
    try {
      for await (const chunk of await options.source.blob({ ...blob, offset, signal })) {
        throwIfAborted(signal);
        checkLength(blob, offset + chunk.length);
        await options.write(chunk);
        offset += chunk.length;
        if (offset - begun >= PROGRESS) retries.progressed();
        options.onProgress(offset);
      }
      if (offset < blob.size) throw shortOf(blob, offset);
    } catch (error) {
      await retries.waitAfter(error, options.onRetry);
    }
  }
}

function checkLength({ digest, size }: Blob, length: number): void {
  if (length <= size) return;
  throw new TskerError('corrupt', `blob ${digest} has more than the ${size} bytes that the manifest says`);
}

/** An answer that ends early without an error: perhaps a proxy that was cut itself, so it is worth another try. */
function shortOf({ digest, size }: Blob, length: number): TransientError {
  return new TransientError(`blob ${digest} ended after ${length} of ${size} bytes (unexpected EOF)`);
}
