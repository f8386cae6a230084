// /networks: the routes of networks; they read the request, call the backend and write its answer.
import { Router } from 'express';
import { sendJson, sendNothing } from '../answer.ts';
import { readJson } from '../body.ts';
import { parseFilters } from '../filters.ts';
import { parseQuery, textOf } from '../query.ts';
import type { NetworkBackend } from './backend.ts';
import { parseConnect, parseDisconnect, parseNetworkCreate } from './bodies.ts';

const LIST_FILTERS = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];
const PRUNE_FILTERS = ['label', 'label!', 'until'];

export function networkRoutes(backend: NetworkBackend): Router {
  const router = Router();
  router.get('/networks', (request, response) => {
    const filters = parseFilters(textOf(parseQuery(request.url), 'filters'), LIST_FILTERS);
    sendJson(response, backend.listNetworks(filters));
  });
  router.get('/networks/:id', (request, response) => {
    const scope = textOf(parseQuery(request.url), 'scope');
    sendJson(response, backend.inspectNetwork(request.params.id, { scope }));
  });
  router.post('/networks/create', async (request, response) => {
    sendJson(response, await backend.createNetwork(parseNetworkCreate(await readJson(request))), 201);
  });
  router.post('/networks/prune', async (request, response) => {
    const filters = parseFilters(textOf(parseQuery(request.url), 'filters'), PRUNE_FILTERS);
    sendJson(response, await backend.pruneNetworks(filters));
  });
  router.post('/networks/:id/connect', async (request, response) => {
    await backend.connectNetwork(request.params.id, parseConnect(await readJson(request)));
    sendNothing(response, 200);
  });
  router.post('/networks/:id/disconnect', async (request, response) => {
    await backend.disconnectNetwork(request.params.id, parseDisconnect(await readJson(request)));
    sendNothing(response, 200);
  });
  router.delete('/networks/:id', async (request, response) => {
    await backend.removeNetwork(request.params.id);
    sendNothing(response, 204);
  });
  return router;
}
