// Reads /proc for the x-ray: every process once, and the files of one. What ends meanwhile is left out.
import { readdirSync, readFileSync } from 'node:fs';
import { parseProcStat } from '../../util/proc-stat.ts';
import { readProcess } from '../container/proc.ts';
import { familyOf, isInCgroup, type ProcessSight, type Relation } from './processes.ts';
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

/** The processes in the container of `first` and the ancestors of all; of the host's others two files are read. */
export function readFamily(first: number): ProcessSight[] {
  const container = readCgroupLines(first);
  const relations = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readRelation(Number(name), container));
  const family = familyOf(relations, first);
  return relations.flatMap((relation) => (family.has(relation.pid) ? readSight(relation) : []));
}

/** None when the process has ended. */
function readRelation(pid: number, container: readonly CgroupLine[]): Relation[] {
  const stat = readProc(pid, 'stat');
  if (stat === undefined) return [];
  const parent = Number(parseProcStat(stat).field(4) ?? 0);
  return [{ pid, parent, inside: isInCgroup(container, readCgroupLines(pid)) }];
}

function readSight({ pid, parent, inside }: Relation): ProcessSight[] {
  const facts = readProcess(pid);
  const status = readProc(pid, 'status');
  if (facts === undefined || status === undefined) return [];
  const pids = parseStatus(status).get('NSpid')?.split(/\s+/).map(Number) ?? [pid];
  const { comm: name, args, uid, state, rss } = facts;
  return [{ pid, parent, inside, pids, name, command: args.slice(0, MAX_COMMAND), uid, state, rss }];
}
