// The routes of a container's files: archive (cp), export and changes (diff). Archives pass through; nobody looks into them
// here.
import { type Request, type Response, Router } from 'express';
import { type ContainerPathStat, PATH_STAT_HEADER } from '../../types/archive.ts';
import { TskerError } from '../../util/errors.ts';
import { clientSignal, sendJson } from '../answer.ts';
import { consumeBody } from '../consume-body.ts';
import { flagOf, parseQuery, textOf } from '../query.ts';
import type { ArchivePlacing, ContainerArchives } from './backend.ts';
import { sendArchive } from './send-archive.ts';

type WithId = Request<{ id: string }>;

export function archiveRoutes(backend: ContainerArchives): Router {
  const router = Router();
  router.head('/containers/:id/archive', (request, response) => stat(backend, request, response));
  router.get('/containers/:id/archive', (request, response) => get(backend, request, response));
  router.put('/containers/:id/archive', (request, response) => put(backend, request, response));
  router.get('/containers/:id/export', (request, response) => exportTree(backend, request, response));
  router.get('/containers/:id/changes', async (request, response) => {
    sendJson(response, await backend.changes(request.params.id));
  });
  return router;
}

async function stat(backend: ContainerArchives, request: WithId, response: Response): Promise<void> {
  const found = await backend.statPath(request.params.id, pathOf(request));
  response.writeHead(200, { [PATH_STAT_HEADER]: encodeStat(found) }).end();
}

async function get(backend: ContainerArchives, request: WithId, response: Response): Promise<void> {
  const signal = clientSignal(response);
  const archive = await backend.readArchive(request.params.id, { path: pathOf(request), signal });
  const headers = { 'content-type': 'application/x-tar', [PATH_STAT_HEADER]: encodeStat(archive.stat) };
  response.writeHead(200, headers);
  await sendArchive(response, archive.content);
}

async function put(backend: ContainerArchives, request: WithId, response: Response): Promise<void> {
  const signal = clientSignal(response);
  await consumeBody(request, () =>
    backend.placeArchive(request.params.id, pathOf(request), { ...placingOf(request), body: request, signal }),
  );
  response.writeHead(200, { 'content-length': 0 }).end();
}

async function exportTree(backend: ContainerArchives, request: WithId, response: Response): Promise<void> {
  const content = await backend.exportTree(request.params.id, clientSignal(response));
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  await sendArchive(response, content);
}

export function placingOf({ url }: Request): ArchivePlacing {
  const query = parseQuery(url);
  return {
    noOverwriteDirNonDir: flagOf(query, 'noOverwriteDirNonDir'),
    copyUidGid: flagOf(query, 'copyUIDGID'),
  };
}

/** Throws `invalid`. */
export function pathOf(request: Request): string {
  const path = textOf(parseQuery(request.url), 'path');
  if (path === undefined) throw new TskerError('invalid', 'bad parameter: pathcannot be empty');
  return path;
}

function encodeStat(stat: ContainerPathStat): string {
  return Buffer.from(JSON.stringify(stat)).toString('base64');
}
