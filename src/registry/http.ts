// HTTP over node-fetch for registries: keep-alive connections, redirects by hand, a time-out when nothing comes. It knows
// no registry API and no authentication.
import { Readable } from 'node:stream';
import fetch, { type Headers, type Response } from 'node-fetch';
import { TskerError } from '../util/errors.ts';
import { YoungGarbage } from '../util/young-garbage.ts';
import { Agents } from './agents.ts';
import { DEFAULT_CERTIFICATES } from './certificates.ts';
import { TransientError } from './errors.ts';
import { networkReason } from './network-reason.ts';
import { throwIfAborted } from './retry.ts';
import { Stall } from './stall.ts';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Bytes, or a stream that can be begun again when the request has to be. */
export type HttpBody = string | Uint8Array | (() => AsyncIterable<Uint8Array>);

export interface HttpRequest {
  readonly url: string;
  readonly method?: HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
  /** Certificates are not verified. */
  readonly insecure: boolean;
  /** Host of the registry this is asked for, where the address may be another's: its certificate authorities are trusted. */
  readonly registry?: string;
  /** `same-origin`: the body is a secret too, and goes nowhere else. */
  readonly redirects?: 'same-origin';
  readonly signal: AbortSignal;
}

export interface HttpClientOptions {
  readonly userAgent: string;
  /** Milliseconds without a byte after which a server counts as hung. */
  readonly stallTimeout: number;
  /** Directories of certificates by host; default: tsker's own and Docker's. */
  readonly certificates?: readonly string[];
  /** Where the proxies stand; default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  /** After redirects. */
  readonly url: string;
  /** Chunks as they come; throws TransientError when the connection breaks or stalls. Read it or discard it. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Drops the connection with what was not read. */
  discard(): void;
}

const MAX_REDIRECTS = 10;
const SEND_BUFFER = 256 * 1024;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export class HttpClient {
  readonly #userAgent: string;
  readonly #stallTimeout: number;
  readonly #agents: Agents;

  constructor(options: HttpClientOptions) {
    const { userAgent, stallTimeout, certificates = DEFAULT_CERTIFICATES, env = process.env } = options;
    this.#userAgent = userAgent;
    this.#stallTimeout = stallTimeout;
    this.#agents = new Agents({ certificates, env });
  }

  /** Closes idle connections. */
  close(): void {
    this.#agents.close();
  }

  /** One request, its redirects followed. Credentials never follow to another origin. */
  async request(request: HttpRequest): Promise<HttpResponse> {
    let current = request;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const response = await this.#send(current);
      if (!REDIRECTS.has(response.status)) return response;
      response.discard();
      current = redirected(current, response);
    }
    throw new TskerError('unavailable', `${verb(request)}: stopped after ${MAX_REDIRECTS} redirects`);
  }

  async #send(request: HttpRequest): Promise<HttpResponse> {
    throwIfAborted(request.signal);
    const { insecure, registry } = request;
    const agent = await this.#agents.of({ url: new URL(request.url), insecure, registry });
    const stall = new Stall(this.#stallTimeout);
    const cancel = new AbortController();
    const signal = AbortSignal.any([request.signal, cancel.signal, stall.signal]);
    stall.start();
    try {
      const response = await fetch(request.url, {
        method: request.method ?? 'GET',
        headers: { 'User-Agent': this.#userAgent, ...request.headers },
        agent,
        redirect: 'manual',
        // A blob is what its digest says: nothing may decode it on the way.
        compress: false,
        signal,
        ...(request.body === undefined ? {} : { body: bodyOf(request.body, stall) }),
      });
      return toResponse(response, { request, stall, cancel });
    } catch (error) {
      throw networkError(error, { request, stall });
    } finally {
      stall.stop();
    }
  }
}

/** While a body is sent, what counts as a sign of life is the server's taking of it. */
function bodyOf(body: HttpBody, stall: Stall): string | Buffer | Readable {
  if (typeof body !== 'function') return typeof body === 'string' ? body : Buffer.from(body);
  return Readable.from(restarting(body(), stall), { objectMode: false, highWaterMark: SEND_BUFFER });
}

async function* restarting(body: AsyncIterable<Uint8Array>, stall: Stall): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    stall.start();
    yield chunk;
  }
}

interface Exchange {
  readonly request: HttpRequest;
  readonly stall: Stall;
}

function toResponse(response: Response, exchange: Exchange & { readonly cancel: AbortController }): HttpResponse {
  return {
    status: response.status,
    headers: response.headers,
    url: exchange.request.url,
    body: readBody(response.body as Readable | null, exchange),
    discard() {
      exchange.cancel.abort();
      (response.body as Readable | null)?.on('error', () => undefined).destroy();
    },
  };
}

/** The clock runs only while a chunk is awaited: a slow consumer is no hung server. */
async function* readBody(body: Readable | null, exchange: Exchange): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const { stall } = exchange;
  const garbage = new YoungGarbage();
  try {
    stall.start();
    for await (const chunk of body) {
      const { length } = chunk as Uint8Array;
      stall.came(length);
      garbage.passed(length);
      yield chunk as Uint8Array;
      stall.start();
    }
  } catch (error) {
    throw networkError(error, exchange);
  } finally {
    stall.stop();
  }
}

function redirected(request: HttpRequest, response: HttpResponse): HttpRequest {
  const url = URL.parse(response.headers.get('location') ?? '', request.url);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TskerError('unavailable', `${verb(request)}: redirected to an invalid address`);
  }
  const { body: _, ...bare } = request;
  const next: HttpRequest = becomesGet(request, response.status)
    ? { ...bare, method: 'GET', url: url.href }
    : { ...request, url: url.href };
  if (url.origin === new URL(request.url).origin) return next;
  if (request.redirects === 'same-origin') {
    throw new TskerError('unauthorized', `${verb(request)}: redirected to ${url.host}, which gets no credentials`);
  }
  const kept = Object.entries(request.headers ?? {}).filter(([name]) => name.toLowerCase() !== 'authorization');
  return { ...next, headers: Object.fromEntries(kept) };
}

/** RFC 9110, 15.4: after a 303 the answer is to be had, not the work done again; and what all clients do after a 301 and 302. */
function becomesGet({ method = 'GET' }: HttpRequest, status: number): boolean {
  return status === 303 ? method !== 'HEAD' : (status === 301 || status === 302) && method === 'POST';
}

function networkError(error: unknown, { request, stall }: Exchange): TskerError {
  throwIfAborted(request.signal);
  if (error instanceof TskerError) return error;
  const cause = { cause: error };
  if (stall.signal.aborted) return new TransientError(`${verb(request)}: ${stall.complaint}`, cause);
  const { text, hint } = networkReason(error, request.url);
  return new TransientError(`${verb(request)}: ${text}`, hint === undefined ? cause : { ...cause, hint });
}

/** `Get "https://host/v2/…"`, as Go's client begins its errors; queries can hold signatures and are left out. */
function verb({ method = 'GET', url }: HttpRequest): string {
  const { origin, pathname } = new URL(url);
  return `${method[0]}${method.slice(1).toLowerCase()} "${origin}${pathname}"`;
}

/** The whole body, of at most `limit` bytes; throws `corrupt` beyond. */
export async function readAll(response: HttpResponse, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > limit) {
      response.discard();
      throw new TskerError('corrupt', `${new URL(response.url).host} answered with more than ${limit} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
