// GET /metrics, for Prometheus. Docker has it at an address of its own (--metrics-addr).
import { type Request, type Response, Router } from 'express';
import type { MetricsBackend } from './backend.ts';

export function metricsRoutes(backend: MetricsBackend): Router {
  const router = Router();
  router.get('/metrics', (request, response) => metrics(backend, request, response));
  return router;
}

async function metrics(backend: MetricsBackend, _request: Request, response: Response): Promise<void> {
  const { contentType, text } = await backend.metrics();
  response.writeHead(200, { 'content-type': contentType }).end(text);
}
