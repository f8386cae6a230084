// One request and its answer over one connection: bytes out, parser in between, the body's bytes on. Connections are
// used once: opening a unix socket costs less than keeping a pool right.
import type { Duplex } from 'node:stream';
import { TskerError } from '../../util/errors.ts';
import { AnswerBody } from './answer-body.ts';
import { encodeRequestHead } from './request.ts';
import type { ResponseHead } from './response-head.ts';
import { ResponseParser } from './response-parser.ts';

/** A body that is sent whole, or as it comes. */
export type RequestBody = string | Buffer | AsyncIterable<Uint8Array>;

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
}

/** `stream` is the raw connection when it left HTTP (status 101), else `body` is the answer's. */
export type HttpAnswer = { readonly head: ResponseHead } & (
  | { readonly body: AnswerBody; readonly stream?: undefined }
  | { readonly body?: undefined; readonly stream: Duplex }
);

/** Sends the request and resolves as soon as the head of the answer is there. Owns the socket until an upgrade. */
export function exchange(socket: Duplex, request: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let head: ResponseHead | undefined;
    let body: AnswerBody | undefined;

    const fail = (error: Error): void => {
      socket.destroy();
      if (body === undefined) reject(error);
      else body.fail(error instanceof TskerError ? error : brokenConnection(error));
    };
    const parser = new ResponseParser(request.method, {
      onHead(seen) {
        head = seen;
        if (seen.status === 101) return;
        body = new AnswerBody(socket);
        resolve({ head: seen, body });
      },
      onData(piece) {
        body?.push(piece);
      },
      onEnd() {
        body?.end();
        // Not now: destroying a socket makes Node load and open what takes longer than the request (process.stderr is
        // part of it), and most commands are over before an immediate comes.
        setImmediate(() => socket.destroy());
      },
      onUpgrade(rest) {
        for (const event of ['data', 'end', 'error', 'close']) socket.removeAllListeners(event);
        socket.pause();
        if (rest.length > 0) socket.unshift(rest);
        if (head !== undefined) resolve({ head, stream: socket });
      },
    });
    const guarded = (act: () => void): void => {
      try {
        act();
      } catch (error) {
        fail(error as Error);
      }
    };
    socket.on('data', (chunk: Buffer) => guarded(() => parser.push(chunk)));
    socket.on('end', () => guarded(() => parser.finish()));
    socket.on('error', fail);
    socket.on('close', () => {
      if (!parser.done) fail(new TskerError('unavailable', 'the daemon hung up in the middle of its answer'));
    });
    send(socket, request).catch(fail);
  });
}

function brokenConnection(cause: NodeJS.ErrnoException): TskerError {
  const message = `the connection to the daemon broke: ${cause.message}`;
  return new TskerError('unavailable', message, { cause, ...(cause.code === undefined ? {} : { errno: cause.code }) });
}

async function send(socket: Duplex, request: HttpRequest): Promise<void> {
  const { body } = request;
  const whole = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined;
  const headers: Record<string, string> = { ...request.headers };
  if (!whole) headers['Transfer-Encoding'] = 'chunked';
  else if (body !== undefined || request.method === 'POST')
    headers['Content-Length'] = `${Buffer.byteLength(body ?? '')}`;
  const head = encodeRequestHead({ ...request, headers });
  if (whole) socket.write(typeof body === 'string' ? head + body : head);
  else socket.write(head);
  if (Buffer.isBuffer(body)) socket.write(body);
  else if (!whole) await sendChunks(socket, body as AsyncIterable<Uint8Array>);
}

async function sendChunks(socket: Duplex, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of body) {
    // The daemon may answer (an error) and hang up before it has read everything.
    if (socket.destroyed) return;
    if (piece.length === 0) continue;
    socket.write(`${piece.length.toString(16)}\r\n`);
    socket.write(piece);
    if (!socket.write('\r\n')) await drained(socket);
  }
  if (!socket.destroyed) socket.write('0\r\n\r\n');
}

function drained(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      socket.off('drain', go);
      socket.off('close', go);
      resolve();
    };
    socket.on('drain', go);
    socket.on('close', go);
  });
}
