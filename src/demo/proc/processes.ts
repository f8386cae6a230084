// What /proc says of processes. Everything here may be gone by the time it is read: a process that has ended is undefined, not an error.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { parseProcStat } from '../../util/proc-stat.ts';

export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  /** Of the kernel, 15 bytes: what `ps -e` prints. */
  readonly comm: string;
  /** As it was started, or as it renamed itself; empty for a zombie. */
  readonly words: readonly string[];
  /** Clock ticks after boot: with the pid it names a process for good. */
  readonly started: number;
  readonly state: string;
}

/** Undefined: there is no such process. A zombie is one, with the state Z. */
export function readProcess(pid: number): ProcessFacts | undefined {
  const stat = readProc(pid, 'stat');
  if (stat === undefined) return undefined;
  const { comm, field } = parseProcStat(stat);
  const words = (readProc(pid, 'cmdline') ?? '').split('\0');
  if (words.at(-1) === '') words.pop();
  return {
    pid,
    comm,
    state: field(3) ?? '?',
    parent: Number(field(4)),
    started: Number(field(22)),
    words,
  };
}

export function listProcesses(): readonly ProcessFacts[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

/** Neither gone nor a zombie, nor another process with the number of one that is. */
export function lives({ pid, started }: Pick<ProcessFacts, 'pid' | 'started'>): boolean {
  const now = readProcess(pid);
  return now !== undefined && now.started === started && now.state !== 'Z' && now.state !== 'X';
}

/** Whether its environment has `NAME=value`, as it was at its start. */
export function hasVariable(pid: number, assignment: string): boolean {
  return (readProc(pid, 'environ') ?? '').split('\0').includes(assignment);
}

/** Its number in each PID namespace it is in, ours first. */
export function namespacePids(pid: number): readonly number[] {
  const line = /^NSpid:\s*(.+)$/m.exec(readProc(pid, 'status') ?? '')?.[1] ?? '';
  return line.split(/\s+/).filter(Boolean).map(Number);
}

/** `pid:[4026531836]`; undefined when the process is gone. */
export function namespaceOf(pid: number | 'self', kind: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch (error) {
    return unlessGone(error);
  }
}

/** Lines of /proc/PID/cgroup without the hierarchy's number and controllers, each once. */
export function cgroupsOf(pid: number): readonly string[] {
  const paths = (readProc(pid, 'cgroup') ?? '').split('\n').map((line) => line.split(':').slice(2).join(':'));
  return [...new Set(paths.filter((path) => path !== ''))];
}

/** How often its threads have gone to sleep of their own accord: it grows when a process was woken and did something. */
export function timesWoken(pid: number): number {
  let sum = 0;
  for (const task of tasksOf(pid)) {
    const status = readProc(pid, `task/${task}/status`) ?? '';
    sum += Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return sum;
}

/** Bytes of memory that are its own, and its share of what it has in common with others (PSS). */
export function memoryOf(pid: number): number {
  return 1024 * Number(/^Pss:\s*(\d+) kB/m.exec(readProc(pid, 'smaps_rollup') ?? '')?.[1] ?? 0);
}

function tasksOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    return unlessGone(error) ?? [];
  }
}

function readProc(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch (error) {
    return unlessGone(error);
  }
}

function unlessGone(error: unknown): undefined {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (['ENOENT', 'ESRCH', 'EACCES', 'EINVAL'].includes(code)) return undefined;
  throw error;
}
