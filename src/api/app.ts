// Puts the API together: an express app of routers in a fixed order. It decides nothing; each router declares in its own
// folder what it needs of the engine.
import express, { type Express, type Router } from 'express';
import type { Logger } from '../util/log.ts';
import { type AuthorizationBackend, authorizationMiddleware } from './authorization.ts';
import { errorMiddleware, notFoundMiddleware } from './errors.ts';
import { type HeaderOptions, headerMiddleware } from './headers.ts';
import { requestLogMiddleware } from './request-log.ts';
import { indexRoutes } from './route-index.ts';

export interface AppOptions extends HeaderOptions {
  /** In the order they are asked. */
  readonly routers: readonly Router[];
  /** Who is asked about a request that comes now; undefined: nobody. */
  readonly authorization: () => AuthorizationBackend | undefined;
  readonly log: Logger;
  /** Each request is to be logged. */
  readonly logsRequests: () => boolean;
}

export function createApp({ routers, authorization, log, logsRequests, ...headers }: AppOptions): Express {
  const app = express();
  // Express's own conveniences cost time on every request and add headers that Docker does not send.
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('env', 'production');
  app.use(requestLogMiddleware({ log, isOn: logsRequests }));
  app.use(headerMiddleware(headers));
  app.use(authorizationMiddleware(authorization));
  app.use(indexRoutes(routers));
  app.use(notFoundMiddleware);
  app.use(errorMiddleware(log));
  return app;
}
