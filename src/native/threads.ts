// Who has the processor first among the threads of this process: the event loop, for which all clients wait. What the daemon
// brings forth (containers, helpers, other threads) has what the daemon was started with: the kernel sees to that.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
const STAT = { session: 3, nice: 16, policy: 38 } as const;

/** Where the kernel shares the processor among sessions first (autogroup, sched(7)), nice values count within one only. */
const SESSION_NICE = '/proc/self/autogroup';

/** From the main thread. What the kernel refuses is left as it is, and said at level debug. */
export function favourEventLoop({ native, log }: ThreadDependencies): void {
  const attempt = (what: string, change: () => void): void => {
    try {
      change();
    } catch (error) {
      log.debug('the event loop cannot be favoured', { what, error: messageOf(error) });
    }
  };
  const workers = threadsNamed(V8_WORKER);
  let nice: number | undefined;
  attempt('share', () => {
    const stat = statOfThread();
    if (!hasUsualShare(stat)) return;
    native.preferThread(EVENT_LOOP);
    nice = EVENT_LOOP.nice;
    // Not that of a terminal with all that runs there. A container's program is in a session of its own.
    if (Number(stat[STAT.session]) === process.pid) writeFileSync(SESSION_NICE, `${EVENT_LOOP.nice}`);
  });
  // Of its nice value, for the event loop waits when they help it to collect garbage.
  attempt('V8', () => workers.forEach((thread) => void native.batchThread(thread, nice)));
}

function threadsNamed(name: string): number[] {
  return readdirSync('/proc/self/task')
    .filter((thread) => readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trimEnd() === name)
    .map(Number);
}

/** Whoever started us with another policy or nice value wants that, for us and for all that we start. */
function hasUsualShare(stat: readonly string[]): boolean {
  return stat[STAT.nice] === '0' && stat[STAT.policy] === '0';
}

function statOfThread(): string[] {
  const stat = readFileSync('/proc/thread-self/stat', 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
