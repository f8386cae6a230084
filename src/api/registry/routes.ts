// Routes that ask a registry and touch no image here: /auth, /images/search, /distribution.
import { Router } from 'express';
import { clientSignal, sendJson } from '../answer.ts';
import { readJson } from '../body.ts';
import { parseFilters } from '../filters.ts';
import { parseRegistryAuth, registryAuthOf } from '../image/registry-auth.ts';
import { integerOf, parseQuery, textOf } from '../query.ts';
import type { RegistryBackend } from './backend.ts';

const SEARCH_FILTERS = ['is-official', 'is-automated', 'stars'];

export function registryRoutes(backend: RegistryBackend): Router {
  const router = Router();
  router.post('/auth', async (request, response) => {
    const auth = registryAuthOf((await readJson(request)) ?? {});
    const token = await backend.login(auth, clientSignal(response));
    sendJson(response, { Status: 'Login Succeeded', IdentityToken: token ?? '' });
  });
  router.get('/images/search', async (request, response) => {
    const query = parseQuery(request.url);
    const search = {
      term: textOf(query, 'term') ?? '',
      limit: integerOf(query, 'limit') || undefined,
      filters: parseFilters(textOf(query, 'filters'), SEARCH_FILTERS),
      auth: parseRegistryAuth(request.get('X-Registry-Auth')),
    };
    sendJson(response, await backend.search(search, clientSignal(response)));
  });
  router.get('/distribution/*name/json', async (request, response) => {
    const segments: unknown = request.params['name'];
    const name = Array.isArray(segments) ? segments.join('/') : String(segments);
    const auth = parseRegistryAuth(request.get('X-Registry-Auth'));
    sendJson(response, await backend.distribution(name, auth, clientSignal(response)));
  });
  return router;
}
