// Sends a build: what tsker's own daemon can do besides is asked for first, then the context goes out, with secrets in front.
import { ApiError } from '../../client/api-error.ts';
import type { Answer, ApiClient } from '../../client/client.ts';
import { isNear as isNearHost } from '../../client/host.ts';
import type { Query } from '../../client/http/request.ts';
import type { BuildPreamble } from '../../types/build.ts';
import { TskerError } from '../../util/errors.ts';
import { type Content, contentOf } from './content.ts';
import type { BuildSource } from './source.ts';

export interface SendRequest {
  readonly client: ApiClient;
  readonly source: BuildSource;
  readonly query: Query;
  readonly compress: boolean;
  readonly preamble: BuildPreamble | undefined;
  /** Whether the daemon is a tsker. */
  readonly isTsker: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Told how much of the context has been sent. */
  readonly onSent: (bytes: number) => void;
}

export interface Sent {
  readonly answer: Answer;
  /** Of the context. */
  readonly bytes: number;
  /** Files of it that the daemon had already. */
  readonly kept: number;
}

/** What a daemon of tsker's has beyond Docker's API. */
export async function askForTsker(client: ApiClient): Promise<boolean> {
  try {
    await client.json('GET', '/tsker/build');
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.httpStatus === 404) return false;
    throw error;
  }
}

export async function sendBuild(request: SendRequest): Promise<Sent> {
  const { client, source, compress, preamble, isTsker, headers, onSent } = request;
  if (preamble !== undefined && !isTsker) {
    throw new TskerError('unsupported', 'this daemon takes no secrets and SSH agents from tsker: it is another engine');
  }
  const isNear = isTsker && isNearHost(client.host);
  const content = await contentOf({ client, source, compress, isNear });
  const counted = { bytes: 0 };
  const first = preamble === undefined ? undefined : Buffer.from(JSON.stringify(preamble));
  const answer = await client.request('POST', '/build', {
    query: { ...request.query, ...content.query },
    headers: {
      ...headers,
      'Content-Type': 'application/x-tar',
      ...(first === undefined ? {} : { 'X-Tsker-Preamble': String(first.length) }),
    },
    body: bodyOf(content, first, (length) => {
      counted.bytes += length;
      onSent(counted.bytes);
    }),
  });
  return { answer, bytes: counted.bytes, kept: content.kept };
}

async function* bodyOf(
  { body }: Content,
  first: Buffer | undefined,
  count: (length: number) => void,
): AsyncGenerator<Uint8Array> {
  if (first !== undefined) yield first;
  for await (const piece of body ?? []) {
    count(piece.length);
    yield piece;
  }
}
