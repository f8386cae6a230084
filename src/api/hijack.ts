// Taking a connection away from HTTP for attach and exec: raw bytes both ways from then on, with a half-close of its own
// in each direction.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { wantsUpgrade } from './answer.ts';
import { versionAtLeast } from './version.ts';

/** With a terminal there is one stream of bytes; without, frames of Docker's 8-byte header (API 1.42 tells them apart). */
export function streamContentType(request: IncomingMessage, options: { readonly tty: boolean }): string {
  const framed = !options.tty && versionAtLeast(request, '1.42');
  return framed ? 'application/vnd.docker.multiplexed-stream' : 'application/vnd.docker.raw-stream';
}

/** How a connection was taken over. */
export interface Taken {
  /** The client has been sent a head of its own (101), and goes on with the bare connection behind it. */
  readonly upgraded: boolean;
}

/**
 * Sends `101 UPGRADED` to a client that asked for an upgrade, 200 to others, and hands over the bare connection once the
 * header has gone out. What the client has sent behind its request is still there to be read.
 */
export function hijack(
  request: IncomingMessage,
  response: ServerResponse,
  contentType: string,
): Promise<Taken & { readonly connection: Duplex }> {
  const { promise, resolve } = Promise.withResolvers<Taken & { readonly connection: Duplex }>();
  const connection = request.socket;
  const upgraded = wantsUpgrade(request);
  const head = statusAndHeaders(response, { contentType, upgraded });
  if (!upgraded) releaseFromParser(connection);
  response.detachSocket(connection);
  connection.setTimeout(0);
  connection.on('error', () => connection.destroy());
  connection.write(head, () => resolve({ connection, upgraded }));
  return promise;
}

function statusAndHeaders(
  response: ServerResponse,
  { contentType, upgraded }: Taken & { readonly contentType: string },
): string {
  const status = upgraded ? '101 UPGRADED' : '200 OK';
  const upgrade = upgraded ? 'Connection: Upgrade\r\nUpgrade: tcp\r\n' : '';
  const common = Object.entries(response.getHeaders()).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return `HTTP/1.1 ${status}\r\nContent-Type: ${contentType}\r\n${upgrade}${common.join('')}\r\n`;
}

/**
 * Without `Upgrade` Node's parser still owns the connection and would take stdin for the next request. It lets go of the
 * socket when its listeners are gone and somebody else listens for data (socketOnWrap of _http_server.js).
 */
function releaseFromParser(connection: Duplex): void {
  for (const event of ['data', 'end', 'close', 'drain', 'error', 'timeout']) connection.removeAllListeners(event);
  const ignore = (): void => undefined;
  connection.on('data', ignore);
  connection.off('data', ignore);
  connection.pause();
}
