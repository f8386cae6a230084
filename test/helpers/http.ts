// HTTP for tests: over a unix socket or TCP, any method and body, the answer as it came. Follows no redirect.
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** For what is no text: frames. */
  readonly bytes: Buffer;
  /** The body as JSON; throws when it is none. */
  json<T = unknown>(): T;
}

export interface CallOptions {
  /** A unix socket, or `http://host:port`. */
  readonly target: string;
  readonly method: string;
  readonly path: string;
  /** Objects travel as JSON, bytes and strings as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request, the whole answer. */
export async function call(options: CallOptions): Promise<Answer> {
  const response = await openCall(options);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString();
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    bytes,
    json: <T>() => JSON.parse(text) as T,
  };
}

/** One request, the answer as soon as its headers are there: for streams. The caller reads or destroys it. */
export function openCall(options: CallOptions): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const body = encode(options.body);
  const request = httpRequest({
    ...destination(options.target),
    method: options.method,
    path: options.path,
    agent: false,
    headers: { ...body.headers, ...options.headers },
  });
  request.on('response', resolve);
  request.on('error', reject);
  request.end(body.bytes);
  return promise;
}

function destination(target: string): RequestOptions {
  if (target.startsWith('/')) return { socketPath: target, host: 'tsker' };
  const url = new URL(target);
  return { host: url.hostname, port: url.port };
}

function encode(body: unknown): { bytes: Buffer; headers: Record<string, string> } {
  if (body === undefined) return { bytes: Buffer.alloc(0), headers: {} };
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const bytes = Buffer.from(raw ? body : JSON.stringify(body));
  const type = raw ? 'application/octet-stream' : 'application/json';
  return { bytes, headers: { 'content-type': type, 'content-length': String(bytes.length) } };
}
