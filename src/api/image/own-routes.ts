// What tsker's own client asks for beside POST /images/load: that the daemon reads an archive itself, where both are on one machine.
//
// Who may use the API may mount any file of the host in a container, so to read one that the client names gives nobody more than he has.
// An authorization plugin may have taken that away from him: with one the route is not there. A path of its own is not let through by
// proxies that know Docker's paths, and over TCP a client can mean no file of this machine.
import { Router } from 'express';
import { readJson } from '../body.ts';
import { isOfThisMachine, parseIdentity } from '../near.ts';
import { platformOf } from '../platform.ts';
import { flagOf, parseQuery } from '../query.ts';
import type { FileLoads } from './backend.ts';
import { blameSender, streamProgress } from './stream.ts';

export interface OwnImageOptions {
  /** Whether somebody else decides which requests are allowed. */
  readonly isGuarded: () => boolean;
}

export function ownImageRoutes(backend: FileLoads, { isGuarded }: OwnImageOptions): Router {
  const router = Router();
  router.post('/tsker/images/load', async (request, response, next) => {
    if (isGuarded() || !isOfThisMachine(request)) return next();
    const query = parseQuery(request.url);
    const file = parseIdentity((await readJson(request)) ?? {});
    const load = { file, quiet: flagOf(query, 'quiet'), platform: platformOf(query) };
    await streamProgress(response, (options) => blameSender(backend.loadFile(load, options)));
  });
  return router;
}
