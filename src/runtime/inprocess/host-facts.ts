// What the in-process runtime finds out about its host and itself, once: limits, capabilities, kernel. Parsing is pure.
import { readFileSync, statSync } from 'node:fs';
import { makeDevice, RLIM_INFINITY, RLIMITS } from '../../native/linux.ts';
import { TskerError } from '../../util/errors.ts';
import { parseBoundingSet } from '../capabilities.ts';
import type { PathKind } from '../plan/facts.ts';
import type { Device, Rlimit } from '../spec.ts';

export interface HostFacts {
  /** Hard limits of the daemon by resource number. */
  readonly hardLimits: ReadonlyMap<number, bigint>;
  readonly capabilities: bigint;
  readonly oomScoreAdj: number;
}

export function readHostFacts(): HostFacts {
  return {
    hardLimits: parseHardLimits(readFileSync('/proc/self/limits', 'utf8')),
    capabilities: parseBoundingSet(readFileSync('/proc/self/status', 'utf8')),
    oomScoreAdj: Number.parseInt(readFileSync('/proc/self/oom_score_adj', 'utf8'), 10),
  };
}

/** Rows of /proc/<pid>/limits in the order of the resource numbers' names there. */
const LIMIT_NAMES: Readonly<Record<string, string>> = {
  'Max cpu time': 'RLIMIT_CPU',
  'Max file size': 'RLIMIT_FSIZE',
  'Max data size': 'RLIMIT_DATA',
  'Max stack size': 'RLIMIT_STACK',
  'Max core file size': 'RLIMIT_CORE',
  'Max resident set': 'RLIMIT_RSS',
  'Max processes': 'RLIMIT_NPROC',
  'Max open files': 'RLIMIT_NOFILE',
  'Max locked memory': 'RLIMIT_MEMLOCK',
  'Max address space': 'RLIMIT_AS',
  'Max file locks': 'RLIMIT_LOCKS',
  'Max pending signals': 'RLIMIT_SIGPENDING',
  'Max msgqueue size': 'RLIMIT_MSGQUEUE',
  'Max nice priority': 'RLIMIT_NICE',
  'Max realtime priority': 'RLIMIT_RTPRIO',
  'Max realtime timeout': 'RLIMIT_RTTIME',
};

export function parseHardLimits(text: string): Map<number, bigint> {
  const limits = new Map<number, bigint>();
  for (const line of text.split('\n')) {
    const match = /^(Max [a-z ]+?) {2,}\S+ +(\S+)/.exec(line);
    const resource = RLIMITS[LIMIT_NAMES[match?.[1] ?? ''] ?? ''];
    const hard = match?.[2];
    if (resource === undefined || hard === undefined) continue;
    limits.set(resource, hard === 'unlimited' ? RLIM_INFINITY : BigInt(hard));
  }
  return limits;
}

export interface LimitFacts {
  readonly hardLimits: ReadonlyMap<number, bigint>;
  /** CAP_SYS_RESOURCE: hard limits may be raised. */
  readonly mayRaise: boolean;
  readonly warn: (message: string) => void;
}

/** A spec's rlimits as numbers, cut to what the daemon may give. Throws `invalid` for an unknown name or soft > hard. */
export function effectiveRlimits(
  rlimits: readonly Rlimit[],
  { hardLimits, mayRaise, warn }: LimitFacts,
): { resource: number; soft: bigint; hard: bigint }[] {
  return rlimits.map(({ type, soft, hard }) => {
    const resource = Object.hasOwn(RLIMITS, type) ? RLIMITS[type] : undefined;
    if (resource === undefined) throw new TskerError('invalid', `invalid rlimit type "${type}"`);
    const wanted = { soft: limitValue(soft), hard: limitValue(hard) };
    if (wanted.soft > wanted.hard) {
      throw new TskerError('invalid', `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
    }
    const most = mayRaise ? RLIM_INFINITY : (hardLimits.get(resource) ?? RLIM_INFINITY);
    if (wanted.hard > most) warn(`${type}: the hard limit stays at ${most}, CAP_SYS_RESOURCE is missing`);
    return { resource, soft: min(wanted.soft, most), hard: min(wanted.hard, most) };
  });
}

/** -1, and 2^64 - 1 as JSON rounds it, are `unlimited`. */
function limitValue(value: number): bigint {
  if (!Number.isInteger(value)) throw new TskerError('invalid', `invalid rlimit value ${value}`);
  return value < 0 || value >= 2 ** 64 ? RLIM_INFINITY : BigInt(value);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** What a bind mount's source is. Throws `invalid` when it is not there. */
export function sourceKind(source: string): PathKind {
  const stats = statSync(source, { throwIfNoEntry: false });
  if (stats === undefined) throw new TskerError('invalid', `bind source path does not exist: ${source}`);
  return stats.isDirectory() ? 'directory' : 'file';
}

/** Where the host has a device's node: by the same name, or by the one that udev keeps for its numbers. */
export function deviceSource({ path, type, major, minor }: Device): string {
  const number = makeDevice(major, minor);
  const isIt = (candidate: string): boolean => {
    const stats = statSync(candidate, { throwIfNoEntry: false });
    const kind = type === 'b' ? stats?.isBlockDevice() : type === 'p' ? stats?.isFIFO() : stats?.isCharacterDevice();
    return kind === true && (type === 'p' || BigInt(stats?.rdev ?? 0) === BigInt(number));
  };
  const byNumber = `/dev/${type === 'b' ? 'block' : 'char'}/${major}:${minor}`;
  const found = [path, byNumber].find(isIt);
  if (found !== undefined) return found;
  throw new TskerError('invalid', `the device ${path} (${major}:${minor}) cannot be given to a user namespace`, {
    hint: `the host has no node for it at ${path} or ${byNumber}; --userns=host does without one`,
  });
}
