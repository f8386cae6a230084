// The routes of a container's files: archive (cp), export and changes (diff). Archives pass through; nobody looks into them
// here.
import { type Request, type Response, Router } from 'express';
import { type ContainerPathStat, PATH_STAT_HEADER } from '../../types/archive.ts';
import { TskerError } from '../../util/errors.ts';
import { clientSignal, sendJson, writeChunk } from '../answer.ts';
import { consumeBody } from '../consume-body.ts';
import { flagOf, parseQuery, textOf } from '../query.ts';
import type { ContainerArchives } from './backend.ts';

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
  await sendArchive(response, { headers, content: archive.content });
}

async function put(backend: ContainerArchives, request: WithId, response: Response): Promise<void> {
  const query = parseQuery(request.url);
  const signal = clientSignal(response);
  await consumeBody(request, () =>
    backend.placeArchive(request.params.id, pathOf(request), {
      noOverwriteDirNonDir: flagOf(query, 'noOverwriteDirNonDir'),
      copyUidGid: flagOf(query, 'copyUIDGID'),
      body: request,
      signal,
    }),
  );
  response.writeHead(200, { 'content-length': 0 }).end();
}

async function exportTree(backend: ContainerArchives, request: WithId, response: Response): Promise<void> {
  const content = await backend.exportTree(request.params.id, clientSignal(response));
  await sendArchive(response, { headers: { 'content-type': 'application/octet-stream' }, content });
}

interface Sending {
  readonly headers: Readonly<Record<string, string>>;
  readonly content: AsyncIterable<Uint8Array>;
}

/** What fails after the headers cuts the connection, so that no client takes the archive for whole. */
async function sendArchive(response: Response, { headers, content }: Sending): Promise<void> {
  try {
    response.writeHead(200, headers);
    for await (const chunk of content) {
      if (response.destroyed) break;
      await writeChunk(response, chunk);
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  }
}

function pathOf(request: Request): string {
  const path = textOf(parseQuery(request.url), 'path');
  if (path === undefined) throw new TskerError('invalid', 'bad parameter: pathcannot be empty');
  return path;
}

function encodeStat(stat: ContainerPathStat): string {
  return Buffer.from(JSON.stringify(stat)).toString('base64');
}
