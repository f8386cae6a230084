// The face of the daemon for the command line: requests with JSON in and out, streams, hijacked connections. It knows
// paths, not what they mean; the commands do.
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { TskerError } from '../util/errors.ts';
import { apiErrorOf } from './api-error.ts';
import { connect, explainConnectionError } from './connect.ts';
import type { Host } from './host.ts';
import type { AnswerBody } from './http/answer-body.ts';
import { exchange, type HttpAnswer, type RequestBody } from './http/exchange.ts';
import { pathWithQuery, type Query } from './http/request.ts';
import type { ResponseHead } from './http/response-head.ts';
import { readJson, readText } from './read-body.ts';

const MAX_ERROR = 64 * 1024;

/** A request as it is about to be sent. */
export interface ShownRequest {
  readonly method: string;
  /** With version and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody | undefined;
}

export interface ClientOptions {
  readonly host: Host;
  /** Speak this version of the API (`1.47`); without it the paths carry none and the daemon's own version holds. */
  readonly apiVersion?: string;
  /** Told of every request before it is sent. */
  readonly onRequest?: (request: ShownRequest) => void;
}

export interface RequestOptions {
  readonly query?: Query;
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly body?: RequestBody;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly head: ResponseHead;
  readonly body: AnswerBody;
}

/** A connection that left HTTP for raw bytes. */
export interface Hijacked {
  readonly head: ResponseHead;
  readonly stream: Duplex;
}

export class ApiClient {
  readonly host: Host;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.host = options.host;
    this.#options = options;
  }

  /** Sends a request; resolves at the head of the answer. Throws ApiError from status 400 on. */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const answer = await this.#send(method, path, options);
    if (answer.stream === undefined) return answer;
    answer.stream.destroy();
    throw new TskerError('corrupt', `the daemon upgraded the connection of ${method} ${path} unasked`);
  }

  /** The answer's JSON. */
  async json<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
    const { body } = await this.request(method, path, options);
    return readJson<T>(body, `${method} ${path}`);
  }

  /** For answers that say nothing but success (204, 304). Answers the status. */
  async send(method: string, path: string, options?: RequestOptions): Promise<number> {
    const { head, body } = await this.request(method, path, options);
    body.discard();
    return head.status;
  }

  /** Asks for the raw connection, as attach does. */
  async hijack(path: string, options: RequestOptions = {}): Promise<Hijacked> {
    const headers = { ...options.headers, Connection: 'Upgrade', Upgrade: 'tcp' };
    const answer = await this.#send('POST', path, { ...options, headers });
    if (answer.stream !== undefined) return answer;
    answer.body.discard();
    throw new TskerError(
      'corrupt',
      `the daemon answered POST ${path} with ${answer.head.status}, not with a raw stream`,
    );
  }

  /** The bare connection, before any HTTP. */
  async dial(): Promise<Duplex> {
    try {
      const stream = await connect(this.host);
      if (this.host.kind !== 'ssh') await once(stream, 'connect');
      return stream;
    } catch (error) {
      throw explainConnectionError(this.host, error);
    }
  }

  async #send(method: string, path: string, options: RequestOptions): Promise<HttpAnswer> {
    const target = this.#versioned(pathWithQuery(path, options.query));
    const json = options.json === undefined ? undefined : JSON.stringify(options.json);
    const body = json ?? options.body;
    const headers: Record<string, string> = { 'User-Agent': 'tsker', Connection: 'close', ...options.headers };
    if (json !== undefined) headers['Content-Type'] = 'application/json';
    this.#options.onRequest?.({ method, path: target, headers, body });
    const host = this.host.kind === 'tcp' ? `${this.host.address}:${this.host.port}` : 'tsker';
    try {
      const request = { method, path: target, host, headers, ...(body === undefined ? {} : { body }) };
      const answer = await exchange(await connect(this.host), request);
      if (answer.body === undefined || answer.head.status < 400) return answer;
      throw apiErrorOf(answer.head.status, answer.head.reason, await readText(answer.body, MAX_ERROR));
    } catch (error) {
      throw explainConnectionError(this.host, error);
    }
  }

  #versioned(path: string): string {
    const { apiVersion } = this.#options;
    return apiVersion === undefined ? path : `/v${apiVersion}${path}`;
  }
}
