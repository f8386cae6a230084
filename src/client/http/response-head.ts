// The head of an HTTP/1.1 answer: status line, headers, and how long the body is. Pure text, no bytes and no I/O.
import { TskerError } from '../../util/errors.ts';

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case; repeated headers joined with a comma. */
  readonly headers: ReadonlyMap<string, string>;
}

/** How the end of a body is found (RFC 9112, 6.3). */
export type BodyFraming =
  | { readonly kind: 'upgrade' }
  | { readonly kind: 'fixed'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

const MAX_HEADERS = 256;
const STATUS_LINE = /^HTTP\/1\.[01] ([1-9]\d{2})(?: (.*))?$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

/** Parses a head without its closing empty line; throws `corrupt`. */
export function parseHead(text: string): ResponseHead {
  const [first = '', ...lines] = text.split('\r\n');
  const status = STATUS_LINE.exec(first);
  if (status === null) throw malformed(`it starts with ${JSON.stringify(first.slice(0, 40))}`);
  if (lines.length > MAX_HEADERS) throw malformed('it has too many headers');
  const headers = new Map<string, string>();
  for (const line of lines) addHeader(headers, line);
  return { status: Number(status[1]), reason: status[2] ?? '', headers };
}

function addHeader(headers: Map<string, string>, line: string): void {
  const parts = HEADER_LINE.exec(line);
  const name = parts?.[1]?.toLowerCase();
  if (parts === null || name === undefined) throw malformed(`a header reads ${JSON.stringify(line.slice(0, 40))}`);
  const earlier = headers.get(name);
  headers.set(name, earlier === undefined ? (parts[2] ?? '') : `${earlier}, ${parts[2]}`);
}

/** Where the body of this answer ends; throws `corrupt` when the headers contradict each other. */
export function bodyFramingOf(method: string, head: ResponseHead): BodyFraming {
  if (head.status === 101) return { kind: 'upgrade' };
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return { kind: 'fixed', length: 0 };
  const encoding = head.headers.get('transfer-encoding');
  const length = head.headers.get('content-length');
  if (encoding !== undefined) {
    // Both at once is how requests are smuggled: nothing honest sends it.
    if (length !== undefined) throw malformed('it has both a length and a transfer encoding');
    if (encoding.toLowerCase() !== 'chunked') throw malformed(`its transfer encoding is ${JSON.stringify(encoding)}`);
    return { kind: 'chunked' };
  }
  if (length === undefined) return { kind: 'until-close' };
  if (!/^\d{1,15}$/.test(length)) throw malformed(`its length is ${JSON.stringify(length.slice(0, 40))}`);
  return { kind: 'fixed', length: Number(length) };
}

function malformed(what: string): TskerError {
  return new TskerError('corrupt', `the daemon's answer is not valid HTTP: ${what}`);
}
