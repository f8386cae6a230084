// Answers: one JSON value, or a stream of lines. Not express's res.json: that hashes every body for an ETag and sets more
// headers than Docker does.
import type { IncomingMessage, ServerResponse } from 'node:http';

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  const text = `${JSON.stringify(value)}\n`;
  // As text it goes out together with the head, in one write.
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}

export function sendNothing(response: ServerResponse, status = 204): void {
  response.writeHead(status).end();
}

/** Sends the headers now; the client acts on them before the first byte of the body. */
export function beginStream(response: ServerResponse, contentType: string): void {
  response.writeHead(200, { 'content-type': contentType });
  response.flushHeaders();
}

/** Aborted when the client goes away before the answer is complete. */
export function clientSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.on('close', () => controller.abort());
  return controller.signal;
}

/** Writes and waits while the client is slow; resolves too when the client has gone. */
export function writeChunk(response: ServerResponse, chunk: Uint8Array | string): Promise<void> | undefined {
  if (response.write(chunk) || response.destroyed) return undefined;
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    response.off('drain', done);
    response.off('close', done);
    resolve();
  };
  response.on('drain', done);
  response.on('close', done);
  return promise;
}

/** An answer that goes to the client only when somebody has agreed to it: nobody may write past it. */
const HELD = Symbol('held answer');

export function markHeld(response: ServerResponse): void {
  Object.defineProperty(response, HELD, { value: true });
}

export function isHeld(response: ServerResponse): boolean {
  return HELD in response;
}

/** True for a request whose client can be answered with 101. */
export function wantsUpgrade(request: IncomingMessage): boolean {
  return request.headers.upgrade !== undefined;
}

/** What fails after the headers cuts the connection, so that no client takes the body for whole. */
export async function sendBody(response: ServerResponse, content: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of content) {
      if (response.destroyed) break;
      await writeChunk(response, chunk);
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  }
}
