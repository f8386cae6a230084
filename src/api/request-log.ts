// The log of requests, at the level debug: method, path, status and time of each when it is over. Nothing is done while nobody looks.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../util/log.ts';

export interface RequestLog {
  readonly log: Pick<Logger, 'debug'>;
  /** The level is asked for at each request: it can change. */
  readonly isOn: () => boolean;
}

export function requestLogMiddleware({ log, isOn }: RequestLog) {
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    if (isOn()) logAtEnd(log, request, response);
    next();
  };
}

/** A connection that was taken over for attach has no end of an answer, only one of its own. */
function logAtEnd(log: RequestLog['log'], request: IncomingMessage, response: ServerResponse): void {
  const began = performance.now();
  // As it was sent: routers take the version and their own part off.
  const { method, url, socket } = request;
  const done = (): void => {
    response.off('close', done);
    socket.off('close', done);
    const status = response.headersSent ? response.statusCode : request.headers.upgrade === undefined ? 200 : 101;
    log.debug('request', { method, url, status, ms: (performance.now() - began).toFixed(1) });
  };
  response.on('close', done);
  socket.on('close', done);
}
