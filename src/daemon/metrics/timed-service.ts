// The container verbs, timed by Docker's names of the actions. It changes nothing of what they do.
import type { ContainerBackend } from '../../api/container/backend.ts';
import type { Metrics } from './metrics.ts';

export function timedService(service: ContainerBackend, metrics: Pick<Metrics, 'timed'>): ContainerBackend {
  return {
    ...service,
    create: (...args) => metrics.timed('create', () => service.create(...args)),
    start: (...args) => metrics.timed('start', () => service.start(...args)),
    stop: (...args) => metrics.timed('stop', () => service.stop(...args)),
    restart: (...args) => metrics.timed('restart', () => service.restart(...args)),
    kill: (...args) => metrics.timed('kill', () => service.kill(...args)),
    pause: (...args) => metrics.timed('pause', () => service.pause(...args)),
    unpause: (...args) => metrics.timed('unpause', () => service.unpause(...args)),
    update: (...args) => metrics.timed('update', () => service.update(...args)),
    remove: (...args) => metrics.timed('delete', () => service.remove(...args)),
    changes: (...args) => metrics.timed('changes', () => service.changes(...args)),
  };
}
