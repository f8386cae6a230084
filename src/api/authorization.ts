// Asks authorization plugins about each request before a route sees it, and about its answer before the client does, as
// moby's pkg/authorization. Whom they are and what they are told is plugin/authorization.ts's; here is what a request and an
// answer hold.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { TskerError } from '../util/errors.ts';
import { markHeld, wantsUpgrade } from './answer.ts';
import { drain } from './consume-body.ts';
import { toHttpError } from './errors.ts';

export interface AuthorizedRequest {
  /** Of a client's certificate, with the method `TLS`; else ''. */
  readonly user: string;
  readonly userMethod: string;
  readonly method: string;
  /** With the version, as the client wrote it. */
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of JSON only. */
  readonly body: Buffer | undefined;
  /** PEM. */
  readonly certificates: readonly string[];
}

export interface AuthorizedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

export interface AuthorizationBackend {
  /** Throws `forbidden` with Docker's message when a plugin says no, `internal` when one cannot be asked. */
  request(request: AuthorizedRequest): Promise<void>;
  answer(request: AuthorizedRequest, answer: AuthorizedAnswer): Promise<void>;
}

/** Bytes of a JSON body that plugins are told of. A larger one is refused: nobody could say what is in it. */
const REQUEST_MAX = 1024 * 1024;
/** Bytes of an answer that are held until plugins have agreed; more is sent on, and they are told at its end. */
const ANSWER_MAX = 64 * 1024;
/** What only the registry is to know. */
const SECRET_HEADERS = ['authorization', 'x-registry-config', 'x-registry-auth'];

type Next = (error?: unknown) => void;

/** Those who are asked about a request are asked about its answer, whoever is by then. */
export function authorizationMiddleware(current: () => AuthorizationBackend | undefined) {
  return (request: IncomingMessage & { originalUrl?: string }, response: ServerResponse, next: Next) => {
    const backend = current();
    return backend === undefined ? next() : authorize(backend, { request, response, next });
  };
}

interface Exchange {
  readonly request: IncomingMessage & { originalUrl?: string };
  readonly response: ServerResponse;
  readonly next: Next;
}

async function authorize(backend: AuthorizationBackend, { request, response, next }: Exchange): Promise<void> {
  try {
    const asked = await describe(request);
    await backend.request(asked);
    // A connection that is taken over has no answer that could be held.
    if (!wantsUpgrade(request)) holdAnswer(response, (answer) => backend.answer(asked, answer));
    next();
  } catch (error) {
    // Few clients read an answer before they have sent everything.
    await drain(request);
    next(error);
  }
}

async function describe(request: IncomingMessage & { originalUrl?: string }): Promise<AuthorizedRequest> {
  const { socket, method = 'GET' } = request;
  const uri = request.originalUrl ?? request.url ?? '/';
  const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined;
  const user = certificate?.subject?.CN;
  return {
    user: typeof user === 'string' ? user : '',
    userMethod: typeof user === 'string' ? 'TLS' : '',
    method,
    uri,
    headers: visibleHeaders(Object.entries(request.headers)),
    body: isToldOf(uri, request.headers['content-type']) ? await peekBody(request) : undefined,
    certificates: certificate?.raw === undefined ? [] : [toPem(certificate.raw)],
  };
}

/** Secrets of /auth are not a plugin's business, archives are too large. */
function isToldOf(uri: string, contentType: string | undefined): boolean {
  const isAuth = /^(?:\/v[\d.]+)?\/auth(?:[/?]|$)/.test(uri);
  return !isAuth && contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json';
}

function visibleHeaders(entries: readonly (readonly [string, unknown])[]): Record<string, string> {
  const visible = entries.filter(([name]) => !SECRET_HEADERS.includes(name.toLowerCase()));
  return Object.fromEntries(
    visible.map(([name, value]) => [canonical(name), Array.isArray(value) ? value.join(', ') : String(value)]),
  );
}

/** As Go spells names of headers: policies are written for these. */
function canonical(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_all, dash: string, letter: string) => dash + letter.toUpperCase());
}

function toPem(raw: Buffer): string {
  const lines = raw.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** The whole body, put back for the route to read it. */
async function peekBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const length = request.headers['content-length'];
  if (length === '0' || (length === undefined && request.headers['transfer-encoding'] === undefined)) return undefined;
  if (Number(length ?? 0) > REQUEST_MAX) throw tooLarge();
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  // Before `end` is told, which is a tick after the last read, what was read can be put back.
  const read = (): void => {
    for (let chunk: Buffer | null = request.read(); chunk !== null; chunk = request.read()) {
      size += chunk.length;
      chunks.push(chunk);
      if (size > REQUEST_MAX) {
        reject(tooLarge());
        return;
      }
    }
    if (!request.complete) return;
    const whole = Buffer.concat(chunks);
    if (whole.length > 0) request.unshift(whole);
    resolve(whole);
  };
  const closed = (): void => reject(new TskerError('cancelled', 'the client closed the connection'));
  request.on('readable', read);
  request.once('error', reject);
  request.once('close', closed);
  try {
    return await promise;
  } finally {
    request.off('readable', read);
    request.off('error', reject);
    request.off('close', closed);
  }
}

function tooLarge(): TskerError {
  return new TskerError(
    'invalid',
    `the body is larger than ${REQUEST_MAX} bytes, which authorization plugins can be told of`,
  );
}

type Write = (chunk: unknown, ...rest: unknown[]) => boolean;

/**
 * Holds status and body back until the answer is complete and agreed to. A stream that is flushed, or that is larger than
 * ANSWER_MAX, goes out as it comes: then a refusal can only cut it off.
 */
function holdAnswer(response: ServerResponse, agree: (answer: AuthorizedAnswer) => Promise<void>): void {
  const real = {
    writeHead: response.writeHead.bind(response) as (...words: unknown[]) => ServerResponse,
    write: response.write.bind(response) as Write,
    end: response.end.bind(response) as (...words: unknown[]) => ServerResponse,
    flushHeaders: response.flushHeaders.bind(response),
  };
  const held: Buffer[] = [];
  let size = 0;
  let isOut = false;
  const release = (): void => {
    if (isOut) return;
    isOut = true;
    real.writeHead(response.statusCode);
    for (const chunk of held) real.write(chunk);
  };
  const take = (chunk: unknown): void => {
    if (chunk === undefined || chunk === null || typeof chunk === 'function') return;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk as Uint8Array);
    held.push(bytes);
    size += bytes.length;
  };
  const finish = async (): Promise<void> => {
    const headers = visibleHeaders(Object.entries(response.getHeaders()));
    const isJson = String(response.getHeader('content-type') ?? '').startsWith('application/json');
    const body = isJson && !isOut ? Buffer.concat(held) : undefined;
    try {
      await agree({ status: response.statusCode, headers, body });
      release();
      real.end();
    } catch (error) {
      if (isOut) {
        response.destroy();
        return;
      }
      refuse(error);
    }
  };
  const refuse = (error: unknown): void => {
    isOut = true;
    const { status, body } = toHttpError(error);
    const text = Buffer.from(`${JSON.stringify(body)}\n`);
    real.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length });
    real.end(text);
  };
  markHeld(response);
  Object.assign(response, {
    writeHead(status: number, ...rest: unknown[]) {
      // A failure after the head was written is another answer.
      held.length = 0;
      size = 0;
      response.statusCode = status;
      const headers = rest.findLast((one) => typeof one === 'object' && one !== null) ?? {};
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value as string);
      return response;
    },
    write(chunk: unknown, ...rest: unknown[]) {
      if (isOut) return real.write(chunk, ...rest);
      take(chunk);
      if (size > ANSWER_MAX) release();
      return true;
    },
    flushHeaders() {
      release();
      real.flushHeaders();
    },
    end(chunk: unknown) {
      if (isOut) {
        if (chunk !== undefined && typeof chunk !== 'function') real.write(chunk);
      } else take(chunk);
      void finish();
      return response;
    },
  });
}
