// Reads /proc for the x-ray: every process once, and the files of one. What ends meanwhile is left out.
import { readdirSync, readFileSync } from 'node:fs';
import { readProcess } from '../container/proc.ts';
import type { ProcessSight } from './processes.ts';
import { isInCgroup } from './processes.ts';
import { type CgroupLine, parseCgroupLines, parseStatus } from './status.ts';

/** Characters of a command line that are told: a host's other programs may have anything in theirs. */
const MAX_COMMAND = 256;

/** Undefined when the process has ended. */
export function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EINVAL') return undefined;
    throw error;
  }
}

export function readCgroupLines(pid: number): CgroupLine[] {
  return parseCgroupLines(readProc(pid, 'cgroup') ?? '');
}

/** All processes of the host; those in the container of `first` are marked. */
export function readSights(first: number): ProcessSight[] {
  const container = readCgroupLines(first);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const sight = readSight(Number(name), container);
      return sight === undefined ? [] : [sight];
    });
}

function readSight(pid: number, container: readonly CgroupLine[]): ProcessSight | undefined {
  const facts = readProcess(pid);
  const status = readProc(pid, 'status');
  if (facts === undefined || status === undefined) return undefined;
  const pids = parseStatus(status).get('NSpid')?.split(/\s+/).map(Number) ?? [pid];
  const { ppid: parent, comm: name, args, uid, state, rss } = facts;
  const command = args.slice(0, MAX_COMMAND);
  return { pid, parent, pids, name, command, uid, state, rss, inside: isInCgroup(container, readCgroupLines(pid)) };
}
