// Routes that ask a registry and touch no image here: /auth.
import { Router } from 'express';
import { clientSignal, sendJson } from '../answer.ts';
import { readJson } from '../body.ts';
import { registryAuthOf } from '../image/registry-auth.ts';
import type { RegistryBackend } from './backend.ts';

export function registryRoutes(backend: RegistryBackend): Router {
  const router = Router();
  router.post('/auth', async (request, response) => {
    const auth = registryAuthOf((await readJson(request)) ?? {});
    await backend.login(auth, clientSignal(response));
    sendJson(response, { Status: 'Login Succeeded', IdentityToken: '' });
  });
  return router;
}
