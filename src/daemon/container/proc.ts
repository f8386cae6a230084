// One process as /proc/<pid> shows it (proc_pid_stat(5), proc_pid_status(5)).
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { parseProcStat } from '../../util/proc-stat.ts';
import type { ProcessFacts } from './top-columns.ts';

/** USER_HZ: 100 on every architecture that Node runs on. */
const TICKS = 100;
const PAGE = 4096;

/** Undefined when it has ended. */
export function readProcess(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return parseProcess({ pid, stat, status, args, bootTime: bootTime(), now: Date.now() });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

interface ProcessTexts {
  readonly pid: number;
  readonly stat: string;
  readonly status: string;
  readonly args: string;
  /** Epoch milliseconds. */
  readonly bootTime: number;
  readonly now: number;
}

/** Pure. */
export function parseProcess({ pid, stat, status, args, bootTime: boot, now }: ProcessTexts): ProcessFacts {
  const { comm, field: text } = parseProcStat(stat);
  const field = (number: number): number => Number(text(number) ?? 0);
  const uid = Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1] ?? 0);
  return {
    pid,
    ppid: field(4),
    pgid: field(5),
    sid: field(6),
    uid,
    user: uid === 0 ? 'root' : String(uid),
    comm,
    args: args === '' ? `[${comm}]` : args,
    state: text(3) ?? '?',
    tty: terminalName(field(7)),
    cpuTime: (field(14) + field(15)) / TICKS,
    nice: field(19),
    threads: field(20),
    startedAt: boot + (field(22) * 1000) / TICKS,
    now,
    vsz: field(23),
    rss: field(24) * PAGE,
    totalMemory: totalmem(),
  };
}

/** `pts/0` of a device number of major 136 to 143. */
function terminalName(device: number): string {
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  return major >= 136 && major <= 143 ? `pts/${(major - 136) * 256 + minor}` : '?';
}

function bootTime(): number {
  const seconds = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1];
  return Number(seconds ?? 0) * 1000;
}
