// What the event loop, for which all clients wait, does not wait for itself: a processor, which it has before whatever else
// runs on the machine, and a larger table of descriptors. What the daemon brings forth (containers, helpers, other threads) is
// scheduled as usual: the kernel sees to that.
import { readdirSync, readFileSync } from 'node:fs';
import { messageOf } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import { parseProcStat } from '../util/proc-stat.ts';
import { PREFER_MAX_HELPERS } from './abi.ts';
import type { Native } from './native.ts';

export interface ThreadDependencies {
  readonly native: Pick<Native, 'preferThread' | 'makeRoomForDescriptors'>;
  readonly log: Pick<Logger, 'debug'>;
}

/**
 * Whom the event loop waits for: V8's threads that compile and collect garbage, until the last of them has done its part, and
 * libuv's for files and names, when one has the lock of their queue and no processor.
 */
const HELPERS: ReadonlySet<string> = new Set(['V8Worker', 'libuv-worker']);

/** Fields of /proc/PID/stat. */
const STAT = { nice: 19, policy: 41 } as const;

/** Of some 2000 containers; the kernel has 8 bytes for each. */
const DESCRIPTORS = 16_384;

/** From the main thread. What the kernel refuses is left as it is, and said at level debug. */
export function preferEventLoop({ native, log }: ThreadDependencies): void {
  const attempt = (change: () => void, failure: string): void => {
    try {
      change();
    } catch (error) {
      log.debug(`the event loop ${failure}`, { error: messageOf(error) });
    }
  };
  attempt(() => native.makeRoomForDescriptors(DESCRIPTORS), 'may have to wait for a larger table of descriptors');
  attempt(() => {
    if (isScheduledAsUsual()) native.preferThread(helpers());
  }, 'cannot be preferred');
}

function helpers(): number[] {
  return readdirSync('/proc/self/task')
    .filter((thread) => HELPERS.has(nameOf(thread) ?? ''))
    .slice(0, PREFER_MAX_HELPERS)
    .map(Number);
}

/** Undefined: it has just ended. */
function nameOf(thread: string): string | undefined {
  try {
    return readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}

/** Whoever started us with another policy or nice value wants that, for us and for all that we start. */
function isScheduledAsUsual(): boolean {
  const { field } = parseProcStat(readFileSync('/proc/thread-self/stat', 'utf8'));
  return field(STAT.nice) === '0' && field(STAT.policy) === '0';
}
