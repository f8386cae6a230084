// Requests with an Upgrade header, which Node keeps apart from all others: they go through the same routes with an answer
// of their own, so that validation and errors are the same, and only hijack.ts knows that the connection is bare.
import { type IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { JSON_BODY_MAX } from './body.ts';

/** Lets `listener` answer requests that want an upgrade. */
export function serveUpgrades(server: Server, listener: RequestListener): void {
  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on('error', () => connection.destroy());
    restoreBody(request, connection as Socket, head);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(connection as Socket);
    response.on('finish', () => {
      if (response.socket === null) return;
      response.detachSocket(connection as Socket);
      connection.end();
    });
    listener(request, response);
  });
}

/**
 * Node has stopped parsing behind the header: a body (exec start has one) lies at the beginning of what follows and is
 * given back to the request, the rest to the connection.
 */
function restoreBody(request: IncomingMessage, connection: Socket, head: Buffer): void {
  const length = Number(request.headers['content-length'] ?? 0);
  if (!Number.isInteger(length) || length < 0 || length > JSON_BODY_MAX) {
    connection.destroy();
    return;
  }
  const feed = (bytes: Buffer): void => {
    if (bytes.length > length) connection.unshift(bytes.subarray(length));
    request.push(bytes.subarray(0, length));
    request.push(null);
  };
  if (head.length >= length) {
    if (length === 0 && head.length > 0) connection.unshift(head);
    if (length > 0) feed(head);
    return;
  }
  collect(connection, { have: head, want: length }, feed);
}

function collect(connection: Socket, amount: { have: Buffer; want: number }, done: (bytes: Buffer) => void): void {
  let bytes = amount.have;
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length < amount.want) return;
    connection.off('data', onData);
    connection.pause();
    done(bytes);
  };
  connection.on('data', onData);
}
