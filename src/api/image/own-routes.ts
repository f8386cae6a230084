// What tsker's own client asks for beside POST /images/load: that the daemon reads an archive itself, where both are on one machine.
// For whom that is there, and why, says near.ts.
import { Router } from 'express';
import { readJson } from '../body.ts';
import { type NearOptions, onlyNear, parseIdentity } from '../near.ts';
import { platformOf } from '../platform.ts';
import { flagOf, parseQuery } from '../query.ts';
import type { FileLoads } from './backend.ts';
import { blameSender, streamProgress } from './stream.ts';

export function ownImageRoutes(backend: FileLoads, options: NearOptions): Router {
  const router = Router();
  router.post('/tsker/images/load', onlyNear(options), async (request, response) => {
    const query = parseQuery(request.url);
    const file = parseIdentity((await readJson(request)) ?? {});
    const load = { file, quiet: flagOf(query, 'quiet'), platform: platformOf(query) };
    await streamProgress(response, (options) => blameSender(backend.loadFile(load, options)));
  });
  return router;
}
