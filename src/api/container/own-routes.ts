// What tsker's own client asks for beside PUT and GET /containers/{id}/archive and GET /containers/{id}/export: that the daemon reads
// and writes files of this machine itself. Why that gives nobody anything, and for whom it is not there, says image/own-routes.ts.
import { Router } from 'express';
import { clientSignal, sendJson } from '../answer.ts';
import { readJson } from '../body.ts';
import { isOfThisMachine, parseHostTree, parseIdentity } from '../near.ts';
import { pathOf, placingOf } from './archive.ts';
import type { HostCopies } from './backend.ts';

export interface OwnContainerOptions {
  /** Whether somebody else decides which requests are allowed. */
  readonly isGuarded: () => boolean;
}

export function ownContainerRoutes(backend: HostCopies, { isGuarded }: OwnContainerOptions): Router {
  const router = Router();
  router.put('/tsker/containers/:id/archive', async (request, response, next) => {
    if (isGuarded() || !isOfThisMachine(request)) return next();
    const signal = clientSignal(response);
    const tree = parseHostTree((await readJson(request)) ?? {});
    const placing = { ...placingOf(request), tree, signal };
    sendJson(response, await backend.placeHostTree(request.params.id, pathOf(request), placing));
  });
  router.post('/tsker/containers/:id/archive', async (request, response, next) => {
    if (isGuarded() || !isOfThisMachine(request)) return next();
    const signal = clientSignal(response);
    const tree = parseHostTree((await readJson(request)) ?? {});
    sendJson(response, await backend.takeToHost(request.params.id, pathOf(request), { tree, signal }));
  });
  router.post('/tsker/containers/:id/export', async (request, response, next) => {
    if (isGuarded() || !isOfThisMachine(request)) return next();
    const signal = clientSignal(response);
    const file = parseIdentity((await readJson(request)) ?? {});
    sendJson(response, await backend.exportToHostFile(request.params.id, { file, signal }));
  });
  return router;
}
