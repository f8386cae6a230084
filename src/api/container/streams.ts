// The routes of containers whose answer is a stream: logs and attach. Both find out everything that can be refused before
// they send a status (COMPAT.md, trap 11).
import { type Request, type Response, Router } from 'express';
import { TskerError } from '../../util/errors.ts';
import { YoungGarbage } from '../../util/young-garbage.ts';
import { beginStream, clientSignal, writeChunk } from '../answer.ts';
import { hijack, streamContentType } from '../hijack.ts';
import { flagOf, parseQuery, textOf } from '../query.ts';
import { parseTime } from '../time.ts';
import { versionAtLeast } from '../version.ts';
import { acceptWebSocket } from '../websocket.ts';
import type { ContainerStreams } from './backend.ts';
import { encodeLogs } from './log-frames.ts';

type WithId = Request<{ id: string }>;

export function streamRoutes(backend: ContainerStreams): Router {
  const router = Router();
  router.get('/containers/:id/logs', (request, response) => logs(backend, request, response));
  router.post('/containers/:id/attach', (request, response) => attach(backend, request, response));
  router.get('/containers/:id/attach/ws', (request, response) => attachWebSocket(backend, request, response));
  return router;
}

async function logs(backend: ContainerStreams, request: WithId, response: Response): Promise<void> {
  const query = parseQuery(request.url);
  const [stdout, stderr] = [flagOf(query, 'stdout'), flagOf(query, 'stderr')];
  if (!stdout && !stderr) {
    throw new TskerError('invalid', 'Bad parameters: you must choose at least one stream');
  }
  const reading = backend.logs(request.params.id, {
    stdout,
    stderr,
    follow: flagOf(query, 'follow'),
    since: parseTime(textOf(query, 'since')),
    until: parseTime(textOf(query, 'until')),
    tail: parseTail(textOf(query, 'tail')),
  });
  const format = {
    framed: !reading.tty,
    timestamps: flagOf(query, 'timestamps'),
    details: flagOf(query, 'details'),
  };
  // Before the client is answered: it may remove the container the moment it is.
  const batches = reading.read(clientSignal(response));
  beginStream(response, streamContentType(request, { tty: reading.tty }));
  const garbage = new YoungGarbage();
  for await (const batch of batches) {
    const bytes = encodeLogs(batch, format);
    garbage.passed(bytes.length);
    await writeChunk(response, bytes);
  }
  response.end();
}

/** `all`, a negative number or no number is everything, as in moby. */
function parseTail(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

async function attach(backend: ContainerStreams, request: WithId, response: Response): Promise<void> {
  const query = parseQuery(request.url);
  const attaching = backend.attach(request.params.id, {
    stdin: flagOf(query, 'stdin'),
    stdout: flagOf(query, 'stdout'),
    stderr: flagOf(query, 'stderr'),
    logs: flagOf(query, 'logs'),
    stream: flagOf(query, 'stream'),
    framed: true,
    detachKeys: textOf(query, 'detachKeys'),
  });
  const { connection, upgraded } = await hijack(request, response, streamContentType(request, { tty: attaching.tty }));
  await attaching.connect(connection, { upgraded });
}

/** Before API 1.42 a websocket carries all streams, whatever the client asks for. */
async function attachWebSocket(backend: ContainerStreams, request: WithId, response: Response): Promise<void> {
  const query = parseQuery(request.url);
  const wants = (name: string): boolean => !versionAtLeast(request, '1.42') || flagOf(query, name);
  const attaching = backend.attach(request.params.id, {
    stdin: wants('stdin'),
    stdout: wants('stdout'),
    stderr: wants('stderr'),
    logs: flagOf(query, 'logs'),
    stream: flagOf(query, 'stream'),
    framed: false,
    detachKeys: textOf(query, 'detachKeys'),
  });
  await attaching.connect(await acceptWebSocket(request, response));
}
