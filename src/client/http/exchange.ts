// One request and its answer over one connection: bytes out, parser in between, a stream of the body out. Connections are
// used once: opening a unix socket costs less than keeping a pool right.
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { TskerError } from '../../util/errors.ts';
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
  | { readonly body: Readable; readonly stream?: undefined }
  | { readonly body?: undefined; readonly stream: Socket }
);

/** Sends the request and resolves as soon as the head of the answer is there. Owns the socket until an upgrade. */
export function exchange(socket: Socket, request: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let head: ResponseHead | undefined;
    let body: Readable | undefined;

    const fail = (error: Error): void => {
      socket.destroy();
      if (body === undefined) reject(error);
      else body.destroy(error);
    };
    const parser = new ResponseParser(request.method, {
      onHead(seen) {
        head = seen;
        if (seen.status === 101) return;
        body = bodyOf(socket);
        resolve({ head: seen, body });
      },
      onData(piece) {
        if (body?.push(piece) === false) socket.pause();
      },
      onEnd() {
        body?.push(null);
        socket.destroy();
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
      if (!parser.done) fail(new TskerError('unavailable', 'the daemon hung up in the middle of an answer'));
    });
    send(socket, request).catch(fail);
  });
}

/** A body that reads from the socket only as fast as it is read itself, and hangs up when it is not wanted any more. */
function bodyOf(socket: Socket): Readable {
  return new Readable({
    read: () => socket.resume(),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
}

async function send(socket: Socket, request: HttpRequest): Promise<void> {
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

async function sendChunks(socket: Socket, body: AsyncIterable<Uint8Array>): Promise<void> {
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

function drained(socket: Socket): Promise<void> {
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
