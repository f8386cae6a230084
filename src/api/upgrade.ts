// Requests with an Upgrade header, which Node keeps apart from all others: they go through the same routes with an answer
// of their own, so that validation and errors are the same, and only hijack.ts knows that the connection is bare.
import { IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { JSON_BODY_MAX } from './body.ts';

/** Lets `listener` answer requests that want an upgrade. */
export function serveUpgrades(server: Server, listener: RequestListener): void {
  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on('error', () => connection.destroy());
    const whole = withBody(request, connection as Socket, head);
    const response = new ServerResponse(whole);
    response.shouldKeepAlive = false;
    response.assignSocket(connection as Socket);
    response.on('finish', () => {
      if (response.socket === null) return;
      response.detachSocket(connection as Socket);
      connection.end();
    });
    listener(whole, response);
  });
}

/**
 * Node has stopped parsing behind the header and has ended the request: a body (exec start has one) lies at the beginning of
 * what follows. It becomes that of a request of our own making; the rest is the connection's.
 */
function withBody(request: IncomingMessage, connection: Socket, head: Buffer): IncomingMessage {
  const length = Number(request.headers['content-length'] ?? 0);
  if (!Number.isInteger(length) || length < 0 || length > JSON_BODY_MAX) connection.destroy();
  const whole = new IncomingMessage(connection);
  const { method, url, headers, rawHeaders, httpVersion, httpVersionMajor, httpVersionMinor } = request;
  Object.assign(whole, { method, url, headers, rawHeaders, httpVersion, httpVersionMajor, httpVersionMinor });
  // Node's own would set the connection flowing, with nobody there to read it.
  whole._read = () => undefined;
  collect(connection, { have: head, want: length }, (bytes) => {
    if (bytes.length > length) connection.unshift(bytes.subarray(length));
    whole.complete = true;
    if (length > 0) whole.push(bytes.subarray(0, length));
    whole.push(null);
  });
  return whole;
}

function collect(connection: Socket, amount: { have: Buffer; want: number }, done: (bytes: Buffer) => void): void {
  if (amount.have.length >= amount.want) {
    done(amount.have);
    return;
  }
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
