// What tsker's own client asks for beside PUT and GET /containers/{id}/archive and GET /containers/{id}/export: that the daemon reads
// and writes files of this machine itself. For whom that is there, and why, says near.ts.
import { Router } from 'express';
import { clientSignal, sendJson } from '../answer.ts';
import { readJson } from '../body.ts';
import { type NearOptions, onlyNear, parseHostTree, parseIdentity } from '../near.ts';
import { pathOf, placingOf } from './archive.ts';
import type { HostCopies } from './backend.ts';

export function ownContainerRoutes(backend: HostCopies, options: NearOptions): Router {
  const router = Router();
  const near = onlyNear(options);
  router.put('/tsker/containers/:id/archive', near, async (request, response) => {
    const signal = clientSignal(response);
    const tree = parseHostTree((await readJson(request)) ?? {});
    const placing = { ...placingOf(request), tree, signal };
    sendJson(response, await backend.placeHostTree(request.params.id, pathOf(request), placing));
  });
  router.post('/tsker/containers/:id/archive', near, async (request, response) => {
    const signal = clientSignal(response);
    const tree = parseHostTree((await readJson(request)) ?? {});
    sendJson(response, await backend.takeToHost(request.params.id, pathOf(request), { tree, signal }));
  });
  router.post('/tsker/containers/:id/export', near, async (request, response) => {
    const signal = clientSignal(response);
    const file = parseIdentity((await readJson(request)) ?? {});
    sendJson(response, await backend.exportToHostFile(request.params.id, { file, signal }));
  });
  return router;
}
