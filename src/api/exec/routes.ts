// The routes of execs: another process in a running container. Starting one takes the connection over, like attach, unless
// the client lets it go.
import { type Request, type Response, Router } from 'express';
import { sendJson } from '../answer.ts';
import { readJson } from '../body.ts';
import { hijack, streamContentType } from '../hijack.ts';
import { parseQuery, terminalSizeOf } from '../query.ts';
import { versionAtLeast } from '../version.ts';
import type { ExecBackend, TerminalSize } from './backend.ts';
import { parseExecCreate, parseExecStart } from './body.ts';

type WithId = Request<{ id: string }>;

export function execRoutes(backend: ExecBackend): Router {
  const router = Router();
  router.post('/containers/:id/exec', (request, response) => create(backend, request, response));
  router.post('/exec/:id/start', (request, response) => start(backend, request, response));
  router.post('/exec/:id/resize', (request, response) => resize(backend, request, response));
  router.get('/exec/:id/json', (request, response) => sendJson(response, backend.inspectExec(request.params.id)));
  return router;
}

async function create(backend: ExecBackend, request: WithId, response: Response): Promise<void> {
  const { ConsoleSize: size, ...body } = parseExecCreate(await readJson(request));
  const known = size !== undefined && versionAtLeast(request, '1.42') ? { ConsoleSize: size } : {};
  sendJson(response, { Id: backend.createExec(request.params.id, { ...body, ...known }) }, 201);
}

async function start(backend: ExecBackend, request: WithId, response: Response): Promise<void> {
  const asked = { began: performance.now(), method: request.method, path: request.originalUrl };
  const { id } = request.params;
  const { Detach: detach, Tty: tty = false, ConsoleSize: console } = parseExecStart(await readJson(request));
  const size = tty && versionAtLeast(request, '1.42') ? toSize(console) : undefined;
  if (detach) {
    await backend.startExec(id, { asked, tty, size });
    response.writeHead(200).end();
    return;
  }
  const attaching = backend.attachExec(id, { asked, tty, size });
  const { connection, upgraded } = await hijack(request, response, streamContentType(request, { tty }));
  await attaching.connect(connection, { upgraded });
}

async function resize(backend: ExecBackend, request: WithId, response: Response): Promise<void> {
  await backend.resizeExec(request.params.id, terminalSizeOf(parseQuery(request.url)));
  response.writeHead(200).end();
}

function toSize(size: readonly [number, number] | undefined): TerminalSize | undefined {
  return size === undefined ? undefined : { rows: size[0], columns: size[1] };
}
