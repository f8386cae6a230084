// Who has the processor first among the threads of this process: the event loop, for which all clients wait. What the daemon
// brings forth (containers, helpers, other threads) has what the daemon was started with: the kernel sees to that.
import { readdirSync, readFileSync } from 'node:fs';
import { messageOf } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import type { Native, ProcessorShare } from './native.ts';

export interface ThreadDependencies {
  readonly native: Pick<Native, 'batchThread' | 'preferThread'>;
  readonly log: Pick<Logger, 'debug'>;
}

/** V8's threads that compile and collect garbage: the kernel likes to wake them up on the very processor of the event loop. */
const V8_WORKER = 'V8Worker';

/** Little at a time, and soon: ten programs that keep every processor busy then leave the event loop nine tenths of one. */
const EVENT_LOOP: ProcessorShare = { nice: -10, slice: 500 };

/** Fields of /proc/PID/stat (proc_pid_stat(5)), counted from the one behind the name. */
const STAT = { nice: 16, policy: 38 } as const;

/** From the main thread. What the kernel refuses is left as it is, and said at level debug. */
export function favourEventLoop({ native, log }: ThreadDependencies): void {
  const attempt = (what: string, change: () => void): void => {
    try {
      change();
    } catch (error) {
      log.debug('the event loop cannot be favoured', { what, error: messageOf(error) });
    }
  };
  attempt('V8', () => threadsNamed(V8_WORKER).forEach((thread) => void native.batchThread(thread)));
  attempt('share', () => {
    if (hasUsualShare()) native.preferThread(EVENT_LOOP);
  });
}

function threadsNamed(name: string): number[] {
  return readdirSync('/proc/self/task')
    .filter((thread) => readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trimEnd() === name)
    .map(Number);
}

/** Whoever started us with another policy or nice value wants that, for us and for all that we start. */
function hasUsualShare(): boolean {
  const stat = readFileSync('/proc/thread-self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[STAT.nice] === '0' && fields[STAT.policy] === '0';
}
