// What tsker does not have and clients ask for all the same: swarm, plugins, BuildKit's sessions. Each has the answer that
// makes a client go on.
import { Router } from 'express';
import { TskerError } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import { sendJson } from '../answer.ts';

const SWARM = ['/swarm', '/nodes', '/services', '/tasks', '/secrets', '/configs'];

export function absentRoutes(log: Logger): Router {
  const router = Router();
  addManagedPlugins(router);
  router.post('/swarm/leave', () => {
    throw new TskerError('unavailable', 'This node is not part of a swarm');
  });
  for (const path of SWARM) {
    router.all([path, `${path}/{*rest}`], () => {
      throw new TskerError(
        'unavailable',
        'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
      );
    });
  }
  router.all(['/session', '/grpc'], (request) => {
    log.warn('a client wants BuildKit, which tsker does not have; set DOCKER_BUILDKIT=0 for the classic builder', {
      path: request.url,
    });
    // Some clients show the message only.
    throw new TskerError('not_found', 'page not found: tsker has no BuildKit, set DOCKER_BUILDKIT=0', {
      hint: 'RUN --mount, heredocs and stages at the same time work without it here',
    });
  });
  return router;
}

/** Plugins that are images, run by the engine: there are none. Those that run by themselves (plugin/) are not listed here. */
function addManagedPlugins(router: Router): void {
  router.get('/plugins', (_request, response) => sendJson(response, []));
  router.all(['/plugins/pull', '/plugins/privileges', '/plugins/create'], () => {
    throw new TskerError('not_implemented', 'managed plugins are not supported', {
      hint: 'start the plugin yourself, with its socket in /run/docker/plugins: it is found by its name',
    });
  });
  router.all('/plugins/:name{/*rest}', (request) => {
    throw new TskerError('not_found', `plugin "${request.params['name']}" not found`);
  });
}
