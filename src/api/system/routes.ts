// /_ping, /version, /info, /events, and /tsker/host, which is tsker's own.
import { type Request, type Response, Router } from 'express';
import { TskerError } from '../../util/errors.ts';
import { beginStream, clientSignal, sendJson, writeChunk } from '../answer.ts';
import { parseFilters } from '../filters.ts';
import { parseQuery, textOf } from '../query.ts';
import { parseTime } from '../time.ts';
import { versionAtLeast } from '../version.ts';
import type { SystemBackend } from './backend.ts';
import { withOldFacts } from './old-facts.ts';

const EVENT_FILTERS = [
  'config',
  'container',
  'daemon',
  'event',
  'image',
  'label',
  'network',
  'node',
  'plugin',
  'scope',
  'secret',
  'service',
  'type',
  'volume',
];

export function systemRoutes(backend: SystemBackend): Router {
  const router = Router();
  router.get('/_ping', ping);
  router.head('/_ping', ping);
  router.get('/version', (_request, response) => sendJson(response, backend.version()));
  router.get('/info', async (request, response) => sendJson(response, withOldFacts(request, await backend.info())));
  router.get('/tsker/host', (_request, response) => sendJson(response, backend.hostEffects()));
  router.get('/events', (request, response) => streamEvents(backend, request, response));
  return router;
}

/** Clients learn the API version here before anything else; Builder-Version 1 is the classic builder. */
function ping(request: Request, response: Response): void {
  response
    .writeHead(200, {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': 2,
      'cache-control': 'no-cache, no-store, must-revalidate',
      pragma: 'no-cache',
      'builder-version': '1',
      swarm: 'inactive',
    })
    .end(request.method === 'HEAD' ? undefined : 'OK');
}

async function streamEvents(backend: SystemBackend, request: Request, response: Response): Promise<void> {
  const query = parseQuery(request.url);
  const since = parseTime(textOf(query, 'since'));
  const until = parseTime(textOf(query, 'until'));
  if (since !== undefined && until !== undefined && since > until) {
    throw new TskerError(
      'invalid',
      `\`since\` time (${textOf(query, 'since')}) cannot be after \`until\` time (${textOf(query, 'until')})`,
    );
  }
  const filters = parseFilters(textOf(query, 'filters'), EVENT_FILTERS);
  const lines = backend.subscribe({ since, until, filters }, clientSignal(response));
  // API 1.52 says jsonl; before, this was application/json, one object a line.
  beginStream(response, versionAtLeast(request, '1.52') ? 'application/jsonl' : 'application/json');
  for await (const batch of lines) {
    await writeChunk(response, batch.map((event) => `${JSON.stringify(event)}\n`).join(''));
  }
  response.end();
}
