// POST /build and POST /build/prune. A build's stream begins with its first message: what is wrong before it is a status of
// its own, as with Docker.

import type { ServerResponse } from 'node:http';
import { Router } from 'express';
import { messageOf } from '../../util/errors.ts';
import { beginStream, clientSignal, sendJson } from '../answer.ts';
import { consumeBody } from '../consume-body.ts';
import { parseFilters } from '../filters.ts';
import { flagOf, integerOf, parseQuery, textOf } from '../query.ts';
import { parseTime } from '../time.ts';
import type { BuildBackend, BuildMessage, BuildRequest } from './backend.ts';
import { PREAMBLE_HEADER, splitPreamble } from './preamble.ts';
import { parseBuildQuery } from './query.ts';

const PRUNE_FILTERS = ['until', 'id', 'parent', 'type', 'description', 'inuse', 'shared', 'private', 'label', 'label!'];

export function buildRoutes(backend: BuildBackend): Router {
  const router = Router();
  router.post('/build', async (request, response) => {
    // A refusal too waits for the body: a client that is cut off while it sends never reads why.
    const build = await consumeBody(request, async () =>
      parseBuildQuery(parseQuery(request.url), { registryConfig: request.get('X-Registry-Config') }),
    );
    const stream = new BuildAnswer(response, build);
    try {
      const { imageId } = await consumeBody(request, async (body) => {
        const input = await splitPreamble(request.get(PREAMBLE_HEADER), body);
        return await backend.build(build, input, { emit: stream.emit, signal: clientSignal(response) });
      });
      stream.succeeded(imageId);
    } catch (error) {
      stream.failed(error, backend.codeOf(error));
    }
  });
  router.post('/build/prune', async (request, response) => {
    const query = parseQuery(request.url);
    const filters = parseFilters(textOf(query, 'filters'), PRUNE_FILTERS);
    const until = filters.get('until')?.[0];
    const { deleted, reclaimed } = await backend.prune({
      all: flagOf(query, 'all'),
      keepStorage: integerOf(query, 'keep-storage') ?? integerOf(query, 'reserved-space') ?? 0,
      until: Number(parseTime(until) ?? 0n) / 1e9 || undefined,
      filters,
    });
    sendJson(response, { CachesDeleted: deleted.length === 0 ? null : deleted, SpaceReclaimed: reclaimed });
  });
  return router;
}

/** Bytes that wait for the client before it is waited for. */
const ROOM = 256 * 1024;

/**
 * The lines of one build. With `q` only the id comes, and what was said before a failure with the failure. Steps from the
 * cache say dozens of lines at once: what is said in one turn of the event loop leaves in one piece.
 */
class BuildAnswer {
  readonly #response: ServerResponse;
  readonly #request: BuildRequest;
  #said = '';
  /** While the client has not read what there is. */
  #reading: Promise<void> | undefined;

  constructor(response: ServerResponse, request: BuildRequest) {
    this.#response = response;
    this.#request = request;
  }

  readonly emit = (message: BuildMessage): Promise<void> | undefined => {
    const { quiet, steps } = this.#request;
    if (quiet && !('errorDetail' in message)) return undefined;
    if ('step' in message && !steps) return undefined;
    this.#send(message);
    return this.#said.length + this.#response.writableLength > ROOM ? this.#whenRead() : undefined;
  };

  succeeded(imageId: string): void {
    if (this.#request.quiet) this.#send({ stream: `${imageId}\n` });
    this.#begin();
    this.#end();
  }

  failed(error: unknown, code: number | undefined): void {
    if (!this.#response.headersSent) throw error;
    const message = messageOf(error);
    this.#send({ errorDetail: { ...(code === undefined ? {} : { code }), message }, error: message });
    this.#end();
  }

  #send(message: BuildMessage): void {
    if (this.#response.destroyed) return;
    this.#begin();
    if (this.#said === '') setImmediate(() => this.#flush());
    this.#said += `${JSON.stringify(message)}\r\n`;
  }

  /** Resolves when the client has read, or is gone. */
  #whenRead(): Promise<void> | undefined {
    this.#flush();
    const response = this.#response;
    if (response.destroyed || !response.writableNeedDrain) return undefined;
    this.#reading ??= new Promise<void>((resolve) => {
      const done = (): void => {
        response.off('drain', done);
        response.off('close', done);
        this.#reading = undefined;
        resolve();
      };
      response.on('drain', done);
      response.on('close', done);
    });
    return this.#reading;
  }

  #flush(): void {
    if (this.#said !== '' && !this.#response.destroyed) this.#response.write(this.#said);
    this.#said = '';
  }

  #end(): void {
    const rest = this.#said;
    this.#said = '';
    this.#response.end(rest);
  }

  #begin(): void {
    if (!this.#response.headersSent) beginStream(this.#response, 'application/json');
  }
}
