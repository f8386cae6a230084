// Signals sent to us go to the container instead (--sig-proxy). Those that a process cannot catch, that are about us
// (SIGCHLD, SIGPIPE, SIGURG), or that Node keeps for itself are not among them.
import { constants } from 'node:os';
import type { ApiClient } from '../../client/client.ts';
import { containerPath } from '../targets.ts';

const PROXIED = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGCONT',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGIO',
  'SIGPWR',
  'SIGSYS',
  'SIGXCPU',
  'SIGXFSZ',
] as const;

/** Starts forwarding; the answer stops it. */
export function proxySignals(client: ApiClient, id: string): () => void {
  const forward = (signal: NodeJS.Signals): void => {
    // A container that is ending does not take signals any more: there is nobody left to tell.
    client
      .send('POST', containerPath(id, 'kill'), { query: { signal: constants.signals[signal] } })
      .catch(() => undefined);
  };
  for (const signal of PROXIED) process.on(signal, forward);
  return () => {
    for (const signal of PROXIED) process.off(signal, forward);
  };
}
