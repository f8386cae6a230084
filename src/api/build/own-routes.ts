// What tsker's own client asks for beside POST /build: whether this is a tsker at all, which files of a context are missing
// here, and a connection to its SSH agents.
import { Router } from 'express';
import { TskerError } from '../../util/errors.ts';
import { sendJson } from '../answer.ts';
import { readJson } from '../body.ts';
import { hijack } from '../hijack.ts';
import { streamBytes } from '../image/stream.ts';
import { parseQuery, textOf } from '../query.ts';
import type { OwnBuildBackend } from './backend-own.ts';

/** Bytes of a manifest: some hundred thousand files. A client with more sends its context whole. */
const MAX_MANIFEST = 64 * 1024 * 1024;
const SESSION = /^[0-9a-f]{32}$/;

export function ownBuildRoutes(backend: OwnBuildBackend): Router {
  const { contexts, ssh } = backend;
  const router = Router();
  router.get('/tsker/build', (_request, response) => sendJson(response, { contexts: true, secrets: true, ssh: true }));
  router.post('/tsker/build/context', async (request, response) => {
    sendJson(response, await contexts.offer(await readJson(request, { maximum: MAX_MANIFEST })));
  });
  router.get('/tsker/images/:image/files', (request, response) => {
    const name = textOf(parseQuery(request.url), 'name');
    return streamBytes(response, (signal) => backend.files(request.params.image, { name, signal }));
  });
  router.post('/tsker/build/ssh', async (request, response) => {
    const session = textOf(parseQuery(request.url), 'session') ?? '';
    if (!SESSION.test(session)) throw new TskerError('invalid', 'a session is 32 hexadecimal digits');
    if (ssh.has(session)) throw new TskerError('conflict', 'this session is open already');
    const { connection } = await hijack(request, response, 'application/vnd.tsker.ssh-agent');
    ssh.open(session, connection);
  });
  return router;
}
