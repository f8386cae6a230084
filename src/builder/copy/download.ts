// ADD of a URL: the bytes, the name they have there, and when they were changed last.
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import fetch from 'node-fetch';
import { messageOf, TskerError } from '../../util/errors.ts';

export interface Downloaded {
  readonly content: Uint8Array;
  /** '' when the URL names none. */
  readonly name: string;
  /** Epoch seconds; undefined when the server does not say. */
  readonly mtime: number | undefined;
}

/** What is kept in memory of one file. */
const MAX_BYTES = 1024 * 1024 * 1024;

/** Throws `invalid` for an answer that is none, and for a checksum that is another's. */
export async function download(
  url: string,
  { checksum, signal }: { readonly checksum: string | undefined; readonly signal: AbortSignal },
): Promise<Downloaded> {
  const response = await fetch(url, { signal: signal as never, size: MAX_BYTES }).catch((error: unknown) => {
    throw new TskerError('invalid', `Get "${url}": ${messageOf(error)}`, { cause: error });
  });
  if (response.status >= 400) {
    throw new TskerError('invalid', `failed to GET ${url} with status ${response.status} ${response.statusText}: `);
  }
  const content = new Uint8Array(await response.arrayBuffer());
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  if (checksum !== undefined && checksum !== digest) {
    throw new TskerError('invalid', `digest mismatch ${digest}: ${checksum}`, {
      hint: 'the file is not the one that was expected',
    });
  }
  const modified = Date.parse(response.headers.get('last-modified') ?? '');
  return {
    content,
    name: fileName(url),
    mtime: Number.isNaN(modified) ? undefined : Math.floor(modified / 1000),
  };
}

function fileName(url: string): string {
  const { pathname } = new URL(url);
  return pathname.endsWith('/') ? '' : decodeURIComponent(posix.basename(pathname)).replaceAll('/', '_');
}
