// A server of nothing but one router of tsker's own, at a unix socket or over TCP: its errors are answered as the engine's are.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { TskerError } from '../../../src/util/errors.ts';
import { tempdir } from '../../helpers/tempdir.ts';

export interface Served {
  /** A socket's path, or a port of this machine. */
  readonly at: string | 0;
  readonly isGuarded?: boolean;
}

export const socketOf = (t: ExecutionContext): string => join(tempdir(t, 'own-routes'), 's');

/** Answers where it is, for `call`. */
export async function serveRouter(t: ExecutionContext, router: Router, { at }: Served): Promise<string> {
  const app = express();
  app.use(router);
  app.use((error: TskerError, _request: Request, response: Response, _next: NextFunction) => {
    response.status(error.status).json({ message: error.message });
  });
  const server = createServer(app);
  await new Promise<void>(
    (resolve) => void (at === 0 ? server.listen(0, '127.0.0.1', resolve) : server.listen(at, resolve)),
  );
  t.teardown(() => void server.close());
  return at === 0 ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : at;
}
