// What has become of a container: nobody watches it, so its process, its gate and its freezer are looked at.
import { existsSync, readFileSync } from 'node:fs';
import { isFrozen } from '../runtime/cgroup/control.ts';
import { TskerError } from '../util/errors.ts';
import { parseProcStat } from '../util/proc-stat.ts';
import { type Container, isErrno, type Store } from './store.ts';

export type Status = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

/** The fifo that a created container reads; it is there until somebody starts it. */
export const GATE = 'exec.fifo';

export interface ProcessState {
  /** A letter of proc_pid_stat(5). */
  readonly state: string;
  readonly startTime: string;
}

export function statusOf(container: Container, store: Store): Status {
  if (container.pid === 0) return 'creating';
  if (!isAlive(container)) return 'stopped';
  if (isFrozen(container.cgroups)) return 'paused';
  return existsSync(store.path(container.id, GATE)) ? 'created' : 'running';
}

/** False as well for a zombie, and for another process of the same number. */
export function isAlive({ pid, startTime }: Pick<Container, 'pid' | 'startTime'>): boolean {
  const process = readProcess(pid);
  return process !== undefined && process.startTime === startTime && !/[ZX]/.test(process.state);
}

/** Undefined when there is none. */
export function readProcess(pid: number): ProcessState | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH')) return undefined;
    throw error;
  }
}

/** Pure. */
export function parseStat(text: string): ProcessState {
  const { field } = parseProcStat(text);
  const [state, startTime] = [field(3), field(22)];
  if (state === undefined || startTime === undefined) throw new TskerError('internal', `not a process' stat: ${text}`);
  return { state, startTime };
}
