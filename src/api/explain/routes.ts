// POST /containers/{id}/start?explain=1, which streams how the start goes, and what is tsker's own around it. A start that is not
// to be explained is passed on to the container routes. An exec's start is its program's streams: who wants it explained listens beside.
import { type NextFunction, type Request, type Response, Router } from 'express';
import type { ExplainEvent, StepAction } from '../../types/explain.ts';
import { TskerError } from '../../util/errors.ts';
import { beginStream, clientSignal, isHeld, sendJson, sendNothing } from '../answer.ts';
import { flagOf, integerOf, parseQuery, textOf } from '../query.ts';
import type { ExplainBackend } from './backend.ts';

export const EXPLAIN_TYPE = 'application/x-ndjson';

/** Seconds that a start may wait before one operation. */
const STEP_LIMIT = { usual: 300, most: 3600 } as const;
const ACTIONS: readonly StepAction[] = ['next', 'continue', 'abort'];

type WithId = Request<{ id: string }>;

export function explainRoutes(backend: ExplainBackend): Router {
  const router = Router();
  router.post('/containers/:id/start', (request, response, next) => start(backend, request, response, next));
  router.get('/tsker/exec/:id/explain', (request, response) => listen(backend, request, response));
  router.post('/tsker/containers/:id/step', (request, response) => step(backend, request, response));
  router.get('/tsker/containers/:id/peek', (request, response) => sendJson(response, backend.peek(request.params.id)));
  router.get('/tsker/containers/:id/xray', async (request, response) =>
    sendJson(response, await backend.xray(request.params.id)),
  );
  return router;
}

async function start(backend: ExplainBackend, request: WithId, response: Response, next: NextFunction): Promise<void> {
  const query = parseQuery(request.url);
  if (!flagOf(query, 'explain')) {
    next();
    return;
  }
  const began = performance.now();
  const isStepped = flagOf(query, 'step');
  if (isStepped && isHeld(response)) {
    throw new TskerError('invalid', 'authorization plugins hold answers back: a start cannot be stepped through');
  }
  const answer = new EventStream(response);
  await backend.startExplained(request.params.id, {
    ...{ began, method: request.method, path: request.originalUrl },
    ...(isStepped ? { step: { limit: limitOf(integerOf(query, 'limit')) } } : {}),
    signal: clientSignal(response),
    tell: (event) => answer.tell(event),
  });
  response.end();
}

/** The head goes out at once: from then on the client may start the exec. */
async function listen(backend: ExplainBackend, request: WithId, response: Response): Promise<void> {
  if (isHeld(response)) {
    throw new TskerError('invalid', 'authorization plugins hold answers back: an exec cannot be explained');
  }
  const listening = backend.listenToExec(request.params.id);
  beginStream(response, EXPLAIN_TYPE);
  await listening.run({ signal: clientSignal(response), tell: (event) => void response.write(line(event)) });
  response.end();
}

/** The head goes out with the second event: until then a start that is refused has a status of its own. */
class EventStream {
  readonly #response: Response;
  #first: ExplainEvent | undefined;
  #begun = false;

  constructor(response: Response) {
    this.#response = response;
  }

  tell(event: ExplainEvent): void {
    if (!this.#begun && this.#first === undefined) {
      this.#first = event;
      return;
    }
    if (!this.#begun) {
      beginStream(this.#response, EXPLAIN_TYPE);
      this.#begun = true;
      this.#response.write(line(this.#first));
    }
    // A few dozen kilobytes at most: a slow client costs nobody anything.
    this.#response.write(line(event));
  }
}

function line(event: ExplainEvent | undefined): string {
  return `${JSON.stringify(event)}\n`;
}

function limitOf(asked: number | undefined): number {
  const limit = asked ?? STEP_LIMIT.usual;
  if (limit >= 1 && limit <= STEP_LIMIT.most) return limit;
  throw new TskerError('invalid', `limit: a step waits 1 to ${STEP_LIMIT.most} seconds`);
}

function step(backend: ExplainBackend, request: WithId, response: Response): void {
  const asked = textOf(parseQuery(request.url), 'action') ?? '';
  const action = ACTIONS.find((one) => one === asked);
  if (action === undefined) throw new TskerError('invalid', `action: one of ${ACTIONS.join(', ')}`);
  backend.step(request.params.id, action);
  sendNothing(response);
}
