// The only place where an error becomes HTTP: status and `{message}`. Nothing else sets an error status.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorResponse } from '../types/system.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';

export interface HttpError {
  readonly status: number;
  readonly body: ErrorResponse;
}

/** Status and body of anything thrown. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof TskerError) {
    return {
      status: error.status,
      body: { message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) },
    };
  }
  return { status: routerStatus(error) ?? 500, body: { message: messageOf(error) } };
}

/** The router's own errors (a path that cannot be decoded) carry a status. */
function routerStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

/** Express's error middleware: last of all; an answer that has begun can only be cut off, so that no client takes it for whole. */
export function errorMiddleware(log: Logger) {
  return (error: unknown, request: IncomingMessage, response: ServerResponse, _next: () => void): void => {
    const { status, body } = toHttpError(error);
    const fields = { method: request.method, url: request.url, status, error: body.message };
    if (status >= 500 && status !== 501 && status !== 503)
      log.error('request failed', { ...fields, cause: causeOf(error) });
    else log.debug('request refused', fields);
    // Taken away for attach: the connection is no longer HTTP, and its taker has closed it.
    if (response.socket === null) return;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (status === 304) {
      response.writeHead(304).end();
      return;
    }
    const text = Buffer.from(`${JSON.stringify(body)}\n`);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length }).end(text);
  };
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error instanceof TskerError) return error.cause === undefined ? '' : messageOf(error.cause);
  return error.stack ?? '';
}

/** For what no route answers. */
export function notFoundMiddleware(
  _request: IncomingMessage,
  _response: ServerResponse,
  next: (error: unknown) => void,
): void {
  next(new TskerError('not_found', 'page not found'));
}
