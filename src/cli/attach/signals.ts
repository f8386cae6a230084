// Signals sent to us go to the container instead (--sig-proxy). Those that a process cannot catch, that are about us
// (SIGCHLD, SIGPIPE, SIGURG), or that Node keeps for itself are not among them.
import { constants } from 'node:os';
import type { ApiClient } from '../../client/client.ts';
import type { Io } from '../io.ts';
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

/** Those that ask a program to end, and how many of them end us when the container does not: as Docker's command line since 26. */
const ENDING: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM']);
const PATIENCE = 3;

export interface SignalProxy {
  readonly client: ApiClient;
  readonly io: Pick<Io, 'stderr'>;
  readonly container: string;
}

/** Starts forwarding; the answer stops it. */
export function proxySignals({ client, io, container }: SignalProxy): () => void {
  let endings = 0;
  const forward = (signal: NodeJS.Signals): void => {
    if (ENDING.has(signal)) endings += 1;
    if (endings === PATIENCE) {
      io.stderr.write('\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n', () => process.exit(1));
      return;
    }
    // A container that is ending does not take signals any more: there is nobody left to tell.
    client
      .send('POST', containerPath(container, 'kill'), { query: { signal: constants.signals[signal] } })
      .catch(() => undefined);
  };
  for (const signal of PROXIED) process.on(signal, forward);
  return () => {
    for (const signal of PROXIED) process.off(signal, forward);
  };
}
