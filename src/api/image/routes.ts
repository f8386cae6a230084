// The /images routes: they read requests and write answers; what an image is they do not know. Names hold slashes, so
// a name is a wildcard, and the fixed paths stand before it.
import { type Request, Router } from 'express';
import { TskerError } from '../../util/errors.ts';
import type { ImageBackend, ImageNames, ImageQueries, ImageTransfers } from './backend.ts';
import { filters, flag, registryAuth, text, texts } from './query.ts';
import { streamProgress } from './stream.ts';

export function imageRoutes(backend: ImageBackend): Router {
  const router = Router();
  addQueries(router, backend);
  addTransfers(router, backend);
  addNames(router, backend);
  return router;
}

function addQueries(router: Router, backend: ImageQueries): void {
  router.get('/images/json', ({ query }, response) => {
    const request = { all: flag(query, 'all'), sharedSize: flag(query, 'shared-size'), filters: filters(query) };
    response.json(backend.list(request));
  });
  router.get('/images/*name/json', (request, response) => {
    response.json(backend.inspect(nameOf(request)));
  });
  router.get('/images/*name/history', (request, response) => {
    response.json(backend.history(nameOf(request)));
  });
}

function addTransfers(router: Router, backend: ImageTransfers): void {
  router.post('/images/create', async (request, response) => {
    const { query } = request;
    const fromImage = text(query, 'fromImage');
    const fromSrc = text(query, 'fromSrc');
    const platform = text(query, 'platform');
    const tag = text(query, 'tag');
    if (fromImage !== undefined) {
      const pull = { name: fromImage, tag, platform, auth: registryAuth(request.get('X-Registry-Auth')) };
      return streamProgress(response, (options) => backend.pull(pull, options));
    }
    if (fromSrc === undefined) throw new TskerError('invalid', 'fromImage or fromSrc is needed');
    const facts = { name: text(query, 'repo'), tag, message: text(query, 'message'), changes: texts(query, 'changes') };
    const source = { source: fromSrc, body: request, platform };
    return streamProgress(response, (options) => backend.importImage({ ...facts, ...source }, options));
  });
  router.post('/images/load', (request, response) => {
    const load = { body: request, quiet: flag(request.query, 'quiet') };
    return streamProgress(response, (options) => backend.load(load, options));
  });
}

function addNames(router: Router, backend: ImageNames): void {
  router.post('/images/*name/tag', (request, response) => {
    const repo = text(request.query, 'repo');
    if (repo === undefined) throw new TskerError('invalid', 'invalid reference format');
    backend.tag(nameOf(request), { repo, tag: text(request.query, 'tag') });
    response.status(201).end();
  });
  router.delete('/images/*name', async (request, response) => {
    const { query } = request;
    const removal = { name: nameOf(request), force: flag(query, 'force'), prune: !flag(query, 'noprune') };
    response.json(await backend.remove(removal));
  });
}

/** express hands a wildcard over as its segments. */
function nameOf(request: Request): string {
  const segments: unknown = request.params['name'];
  return Array.isArray(segments) ? segments.join('/') : String(segments);
}
