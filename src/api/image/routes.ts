// The /images routes: they read requests and write answers; what an image is they do not know. Names hold slashes, so
// a name is a wildcard, and the fixed paths stand before it.
import { type Request, Router } from 'express';
import { TskerError } from '../../util/errors.ts';
import { sendJson, sendNothing } from '../answer.ts';
import { consumeBody } from '../consume-body.ts';
import { parseFilters } from '../filters.ts';
import { platformOf } from '../platform.ts';
import { flagOf, parseQuery, type Query, textOf } from '../query.ts';
import type { ImageBackend, ImageNames, ImageQueries, ImageTransfers } from './backend.ts';
import { withOldFields } from './old-fields.ts';
import { parseRegistryAuth } from './registry-auth.ts';
import { blameSender, streamBytes, streamProgress } from './stream.ts';
import { withVirtualSize } from './virtual-size.ts';

const LIST_FILTERS = ['dangling', 'label', 'label!', 'before', 'since', 'reference', 'until'];

const PRUNE_FILTERS = ['dangling', 'label', 'label!', 'until'];

export function imageRoutes(backend: ImageBackend): Router {
  const router = Router();
  addQueries(router, backend);
  addTransfers(router, backend);
  addNames(router, backend);
  return router;
}

function addQueries(router: Router, backend: ImageQueries & Pick<ImageTransfers, 'save'>): void {
  router.get('/images/json', (request, response) => {
    const query = parseQuery(request.url);
    const filters = parseFilters(textOf(query, 'filters'), LIST_FILTERS);
    const list = backend.list({ all: flagOf(query, 'all'), sharedSize: flagOf(query, 'shared-size'), filters });
    const images = list.map((image) => withVirtualSize(request, image));
    sendJson(response, images);
  });
  router.get('/images/get', (request, response) => {
    const query = parseQuery(request.url);
    const save = { names: query.getAll('names'), platform: platformOf(query) };
    return streamBytes(response, (signal) => backend.save(save, signal));
  });
  router.get('/images/*name/get', (request, response) => {
    const save = { names: [nameOf(request)], platform: platformOf(parseQuery(request.url)) };
    return streamBytes(response, (signal) => backend.save(save, signal));
  });
  router.get('/images/*name/json', (request, response) => {
    const image = backend.inspect(nameOf(request), platformOf(parseQuery(request.url)));
    sendJson(response, withOldFields(request, withVirtualSize(request, image)));
  });
  router.get('/images/*name/history', (request, response) => {
    sendJson(response, backend.history(nameOf(request), platformOf(parseQuery(request.url))));
  });
}

function addTransfers(router: Router, backend: ImageTransfers): void {
  router.post('/images/create', (request, response) => {
    const query = parseQuery(request.url);
    const name = textOf(query, 'fromImage');
    if (name !== undefined) {
      const auth = parseRegistryAuth(request.get('X-Registry-Auth'));
      const pull = { name, tag: textOf(query, 'tag'), platform: textOf(query, 'platform'), auth };
      return streamProgress(response, (options) => backend.pull(pull, options));
    }
    const facts = importFacts(query);
    return streamProgress(response, (options) =>
      consumeBody(request, (body) => blameSender(backend.importImage({ ...facts, body }, options))),
    );
  });
  router.post('/images/*name/push', (request, response) => {
    const auth = parseRegistryAuth(request.get('X-Registry-Auth'));
    const query = parseQuery(request.url);
    const push = { name: nameOf(request), tag: textOf(query, 'tag'), platform: platformOf(query), auth };
    return streamProgress(response, (options) => backend.push(push, options));
  });
  router.post('/images/load', (request, response) => {
    const query = parseQuery(request.url);
    const load = { quiet: flagOf(query, 'quiet'), platform: platformOf(query) };
    return streamProgress(response, (options) =>
      consumeBody(request, (body) => blameSender(backend.load({ ...load, body }, options))),
    );
  });
}

function importFacts(query: Query) {
  const source = textOf(query, 'fromSrc');
  if (source === undefined) throw new TskerError('invalid', 'fromImage or fromSrc is needed');
  return {
    source,
    name: textOf(query, 'repo'),
    tag: textOf(query, 'tag'),
    message: textOf(query, 'message'),
    changes: query.getAll('changes'),
    platform: textOf(query, 'platform'),
  };
}

function addNames(router: Router, backend: ImageNames): void {
  router.post('/images/prune', async (request, response) => {
    const filters = parseFilters(textOf(parseQuery(request.url), 'filters'), PRUNE_FILTERS);
    sendJson(response, await backend.prune(filters));
  });
  router.post('/images/*name/tag', async (request, response) => {
    const query = parseQuery(request.url);
    const repo = textOf(query, 'repo');
    if (repo === undefined) throw new TskerError('invalid', 'invalid reference format');
    await backend.tag(nameOf(request), { repo, tag: textOf(query, 'tag') });
    sendNothing(response, 201);
  });
  router.delete('/images/*name', async (request, response) => {
    const query = parseQuery(request.url);
    const [force, prune] = [flagOf(query, 'force'), !flagOf(query, 'noprune')];
    sendJson(response, await backend.remove({ name: nameOf(request), force, prune }));
  });
}

/** express hands a wildcard over as its segments. */
function nameOf(request: Request): string {
  const segments: unknown = request.params['name'];
  return Array.isArray(segments) ? segments.join('/') : String(segments);
}
