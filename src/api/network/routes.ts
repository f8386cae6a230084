// /networks: list and inspect.
import { Router } from 'express';
import { sendJson } from '../answer.ts';
import { parseFilters } from '../filters.ts';
import { parseQuery, textOf } from '../query.ts';
import type { NetworkBackend } from './backend.ts';

const LIST_FILTERS = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];

export function networkRoutes(backend: NetworkBackend): Router {
  const router = Router();
  router.get('/networks', (request, response) => {
    const filters = parseFilters(textOf(parseQuery(request.url), 'filters'), LIST_FILTERS);
    sendJson(response, backend.listNetworks(filters));
  });
  router.get('/networks/:id', (request, response) => sendJson(response, backend.inspectNetwork(request.params.id)));
  return router;
}
