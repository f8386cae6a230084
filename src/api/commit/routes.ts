// POST /commit: an image from a container.
import { Router } from 'express';
import { TskerError } from '../../util/errors.ts';
import { clientSignal, sendJson } from '../answer.ts';
import { readJson } from '../body.ts';
import { flagOr, parseQuery, textOf } from '../query.ts';
import type { CommitBackend } from './backend.ts';

export function commitRoutes(backend: CommitBackend): Router {
  const router = Router();
  router.post('/commit', async (request, response) => {
    const query = parseQuery(request.url);
    const container = textOf(query, 'container');
    if (container === undefined) throw new TskerError('invalid', 'invalid name or ID supplied: ""');
    // Old clients send the container's configuration; what is to change is in `changes`. Malformed it is refused all the same.
    await readJson(request);
    const commit = {
      container,
      repo: textOf(query, 'repo'),
      tag: textOf(query, 'tag'),
      author: textOf(query, 'author') ?? '',
      comment: textOf(query, 'comment') ?? '',
      pause: flagOr(query, 'pause', true),
      changes: query.getAll('changes'),
    };
    sendJson(response, { Id: await backend.commit(commit, clientSignal(response)) }, 201);
  });
  return router;
}
