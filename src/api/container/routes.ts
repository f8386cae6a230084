// The routes of containers that answer once: they read the request, call the backend and write its answer.
// Streams (attach, logs) are in streams.ts.
import { type Request, type Response, Router } from 'express';
import type { CreateRequest, WaitCondition } from '../../types/container.ts';
import { TskerError } from '../../util/errors.ts';
import { sendJson, sendNothing } from '../answer.ts';
import { readJson } from '../body.ts';
import { parseFilters } from '../filters.ts';
import { flagOf, integerOf, parseQuery, terminalSizeOf, textOf } from '../query.ts';
import { versionAtLeast } from '../version.ts';
import { archiveRoutes } from './archive.ts';
import type { ContainerBackend } from './backend.ts';
import { parseCreateRequest, parseUpdateRequest } from './create-body.ts';
import { statsRoutes } from './stats.ts';
import { streamRoutes } from './streams.ts';

const LIST_FILTERS = [
  'ancestor',
  'before',
  'exited',
  'expose',
  'health',
  'id',
  'is-task',
  'isolation',
  'label',
  'name',
  'network',
  'publish',
  'since',
  'status',
  'volume',
];

const PRUNE_FILTERS = ['label', 'label!', 'until'];

type WithId = Request<{ id: string }>;

export function containerRoutes(backend: ContainerBackend): Router {
  const router = Router();
  router.post('/containers/create', (request, response) => create(backend, request, response));
  router.get('/containers/json', (request, response) => list(backend, request, response));
  router.get('/containers/:id/json', (request, response) => inspect(backend, request, response));
  router.get('/containers/:id/top', (request, response) => top(backend, request, response));
  router.post('/containers/:id/start', (request, response) => start(backend, request, response));
  router.post('/containers/:id/stop', (request, response) => stop(backend, request, response));
  router.post('/containers/:id/restart', (request, response) => restart(backend, request, response));
  router.post('/containers/:id/rename', (request, response) => rename(backend, request, response));
  router.post('/containers/prune', (request, response) => prune(backend, request, response));
  router.post('/containers/:id/kill', (request, response) => kill(backend, request, response));
  router.post('/containers/:id/pause', (request, response) => pause(backend, request, response));
  router.post('/containers/:id/unpause', (request, response) => unpause(backend, request, response));
  router.post('/containers/:id/update', (request, response) => update(backend, request, response));
  router.post('/containers/:id/wait', (request, response) => wait(backend, request, response));
  router.post('/containers/:id/resize', (request, response) => resize(backend, request, response));
  router.delete('/containers/:id', (request, response) => remove(backend, request, response));
  router.use(streamRoutes(backend));
  router.use(archiveRoutes(backend));
  router.use(statsRoutes(backend));
  return router;
}

async function create(backend: ContainerBackend, request: Request, response: Response): Promise<void> {
  const query = parseQuery(request.url);
  const body = parseCreateRequest(await readJson(request));
  if (!versionAtLeast(request, '1.44')) requireOneNetwork(body);
  const options = { name: textOf(query, 'name'), platform: textOf(query, 'platform'), body };
  sendJson(response, await backend.create(options), 201);
}

/** Clients before 1.44 cannot mean several: they would be on the first alone. */
function requireOneNetwork({ NetworkingConfig }: CreateRequest): void {
  const names = Object.keys(NetworkingConfig?.EndpointsConfig ?? {});
  if (names.length <= 1) return;
  throw new TskerError('invalid', `Container cannot be connected to network endpoints: ${names.toSorted().join(', ')}`);
}

async function list(backend: ContainerBackend, request: Request, response: Response): Promise<void> {
  const query = parseQuery(request.url);
  const options = {
    all: flagOf(query, 'all'),
    size: flagOf(query, 'size'),
    limit: integerOf(query, 'limit') ?? 0,
    filters: parseFilters(textOf(query, 'filters'), LIST_FILTERS),
  };
  sendJson(response, await backend.list(options));
}

async function inspect(backend: ContainerBackend, request: WithId, response: Response): Promise<void> {
  const size = flagOf(parseQuery(request.url), 'size');
  sendJson(response, await backend.inspect(request.params.id, { size }));
}

async function top(backend: ContainerBackend, request: WithId, response: Response): Promise<void> {
  const psArguments = textOf(parseQuery(request.url), 'ps_args') ?? '-ef';
  sendJson(response, await backend.top(request.params.id, psArguments));
}

async function start(backend: ContainerBackend, request: WithId, response: Response): Promise<void> {
  await backend.start(request.params.id);
  sendNothing(response);
}

async function stop(backend: ContainerBackend, request: WithId, response: Response): Promise<void> {
  const query = parseQuery(request.url);
  await backend.stop(request.params.id, { signal: textOf(query, 'signal'), timeout: integerOf(query, 't') });
  sendNothing(response);
}

async function restart(backend: ContainerBackend, request: WithId, response: Response): Promise<void> {
  const query = parseQuery(request.url);
  await backend.restart(request.params.id, { signal: textOf(query, 'signal'), timeout: integerOf(query, 't') });
  sendNothing(response);
}

function rename(backend: ContainerBackend, request: WithId, response: Response): void {
  backend.rename(request.params.id, textOf(parseQuery(request.url), 'name') ?? '');
  sendNothing(response);
}

async function prune(backend: ContainerBackend, request: Request, response: Response): Promise<void> {
  const filters = parseFilters(textOf(parseQuery(request.url), 'filters'), PRUNE_FILTERS);
  sendJson(response, await backend.prune(filters));
}

async function kill(backend: ContainerBackend, request: WithId, response: Response): Promise<void> {
  await backend.kill(request.params.id, textOf(parseQuery(request.url), 'signal'));
  sendNothing(response);
}

async function pause(backend: ContainerBackend, request: WithId, response: Response): Promise<void> {
  await backend.pause(request.params.id);
  sendNothing(response);
}

async function unpause(backend: ContainerBackend, request: WithId, response: Response): Promise<void> {
  await backend.unpause(request.params.id);
  sendNothing(response);
}

async function update(backend: ContainerBackend, request: WithId, response: Response): Promise<void> {
  const body = parseUpdateRequest(await readJson(request));
  sendJson(response, await backend.update(request.params.id, body));
}

async function remove(backend: ContainerBackend, request: WithId, response: Response): Promise<void> {
  const query = parseQuery(request.url);
  if (flagOf(query, 'link')) throw new TskerError('not_implemented', 'links are not supported');
  await backend.remove(request.params.id, { force: flagOf(query, 'force'), volumes: flagOf(query, 'v') });
  sendNothing(response);
}

async function resize(backend: ContainerBackend, request: WithId, response: Response): Promise<void> {
  await backend.resize(request.params.id, terminalSizeOf(parseQuery(request.url)));
  response.writeHead(200).end();
}

const CONDITIONS: readonly string[] = ['not-running', 'next-exit', 'removed'] satisfies WaitCondition[];

/** `docker run` waits before it starts, and starts only when the headers of the wait are there (COMPAT.md, trap 1). */
async function wait(backend: ContainerBackend, request: WithId, response: Response): Promise<void> {
  const condition = textOf(parseQuery(request.url), 'condition') ?? 'not-running';
  if (!CONDITIONS.includes(condition)) throw new TskerError('invalid', `invalid condition: "${condition}"`);
  const waiting = backend.wait(request.params.id, condition as WaitCondition);
  response.on('close', () => waiting.cancel());
  if (versionAtLeast(request, '1.30')) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
  } else {
    response.setHeader('content-type', 'application/json');
  }
  response.end(`${JSON.stringify(await waiting.done)}\n`);
}
