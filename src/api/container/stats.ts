// GET /containers/{id}/stats: one JSON document a sample, as a stream or once.
import { type Request, type Response, Router } from 'express';
import { TskerError } from '../../util/errors.ts';
import { beginStream, clientSignal, writeChunk } from '../answer.ts';
import { flagOf, flagOr, parseQuery } from '../query.ts';
import { versionAtLeast } from '../version.ts';
import type { ContainerStatistics } from './backend.ts';

export function statsRoutes(backend: ContainerStatistics): Router {
  const router = Router();
  router.get('/containers/:id/stats', (request, response) => stats(backend, request, response));
  return router;
}

async function stats(
  backend: ContainerStatistics,
  request: Request<{ id: string }>,
  response: Response,
): Promise<void> {
  const query = parseQuery(request.url);
  const stream = flagOr(query, 'stream', true);
  const oneShot = versionAtLeast(request, '1.41') && flagOf(query, 'one-shot');
  if (stream && oneShot) throw new TskerError('invalid', 'cannot have stream=true and one-shot=true');
  const reading = backend.stats(request.params.id, { stream, oneShot });
  const signal = clientSignal(response);
  beginStream(response, 'application/json');
  for await (const sample of reading.read(signal)) await writeChunk(response, `${JSON.stringify(sample)}\n`);
  response.end();
}
