// An address as a context: a tar, or the text of a Dockerfile, told apart by the content type and the first bytes, as in
// Docker.
import { joined, readHead } from '../../../image/decompress.ts';
import { HttpClient, type HttpResponse } from '../../../registry/http.ts';
import { TskerError } from '../../../util/errors.ts';

export interface Download {
  readonly kind: 'archive' | 'dockerfile';
  readonly body: AsyncIterable<Uint8Array>;
  /** To be called when the body is read, or not wanted. */
  close(): void;
}

export interface DownloadRequest {
  readonly url: string;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

/** Bytes that are looked at: a tar has a zero among them. */
const PREAMBLE = 512;
const STALL_TIMEOUT = 30_000;
const ACCEPTED = /^(?:application\/(?:(?:x-)?tar|octet-stream|(?:x-)?(?:gzip|bzip2?|xz))|text\/plain)$/;

export async function download({ url, userAgent, signal }: DownloadRequest): Promise<Download> {
  const http = new HttpClient({ userAgent, stallTimeout: STALL_TIMEOUT });
  let response: HttpResponse | undefined;
  const close = (): void => {
    response?.discard();
    http.close();
  };
  try {
    response = await http.request({ url, insecure: false, signal });
    if (response.status >= 400) {
      throw new TskerError('invalid', `failed to GET ${url} with status ${response.status}`);
    }
    const iterator = response.body[Symbol.asyncIterator]();
    const head = await readHead(iterator, PREAMBLE);
    const kind = kindOf(response.headers.get('content-type'), head);
    return { kind, body: joined(head, iterator), close };
  } catch (error) {
    close();
    throw error;
  }
}

function kindOf(header: string | null, head: Buffer): Download['kind'] {
  const type = (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== '' && !ACCEPTED.test(type)) {
    throw new TskerError('invalid', `unsupported Content-Type ${JSON.stringify(type)}`);
  }
  if (type === 'text/plain') return 'dockerfile';
  if (type !== '' && type !== 'application/octet-stream') return 'archive';
  return looksLikeText(head) ? 'dockerfile' : 'archive';
}

/** No control characters but white space, which is what Go's sniffing calls text. */
function looksLikeText(head: Buffer): boolean {
  const bytes = head.subarray(0, PREAMBLE);
  return bytes.length > 0 && bytes.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}
