// The tree of processes around a container: its ancestors up to the host's first process, and all that is in it, found in /proc by the
// cgroup that they are in. Pure; read.ts reads.
import type { XrayProcess } from '../../types/xray.ts';

/** One process as /proc shows it. */
export interface ProcessSight {
  readonly pid: number;
  readonly parent: number;
  /** Of each PID namespace it is in, the outermost first. */
  readonly pids: readonly number[];
  readonly name: string;
  readonly command: string;
  readonly uid: number;
  readonly state: string;
  readonly rss: number;
  /** It is in the container. */
  readonly inside: boolean;
}

export interface TreeRequest {
  /** A family. */
  readonly sights: readonly ProcessSight[];
  /** The container's first process, and the daemon. */
  readonly first: number;
  readonly daemon: number;
  /** The container has a PID namespace of its own. */
  readonly hasPids: boolean;
}

/** What is known of every process of the host before any is looked at. */
export type Relation = Pick<ProcessSight, 'pid' | 'parent' | 'inside'>;

/** The container's processes, its first one, and the ancestors of all of these. */
export function familyOf(relations: readonly Relation[], first: number): ReadonlySet<number> {
  const byPid = new Map(relations.map((relation) => [relation.pid, relation]));
  const family = new Set<number>();
  for (const { pid, inside } of relations) {
    if (!inside && pid !== first) continue;
    // Each is passed once: a list that was read while processes ended may lead in a circle.
    for (let next = byPid.get(pid); next !== undefined && !family.has(next.pid); next = byPid.get(next.parent)) {
      family.add(next.pid);
    }
  }
  return family;
}

/** Depth first, siblings by pid. Of a family whose parents have gone meanwhile there may be several trees. */
export function processTree({ sights, ...request }: TreeRequest): XrayProcess[] {
  const known = new Set(sights.map(({ pid }) => pid));
  const children = Map.groupBy(
    sights.toSorted((a, b) => a.pid - b.pid),
    ({ parent }) => (known.has(parent) ? parent : 0),
  );
  const below = (parent: number, depth: number): XrayProcess[] =>
    (children.get(parent) ?? []).flatMap((sight) => [
      shownProcess(sight, { depth, ...request }),
      ...below(sight.pid, depth + 1),
    ]);
  return below(0, 0);
}

function shownProcess(
  { pids, inside, ...sight }: ProcessSight,
  { depth, first, daemon, hasPids }: Omit<TreeRequest, 'sights'> & { readonly depth: number },
): XrayProcess {
  const { pid, parent, name, command, uid, state, rss } = sight;
  const role = pid === first ? 'first' : inside ? 'inside' : pid === daemon ? 'daemon' : 'host';
  const innermost = pids.at(-1);
  const within = (inside || pid === first) && hasPids && innermost !== undefined ? { insidePid: innermost } : {};
  return { pid, parent, depth, role, ...within, name, command, uid, state, rss };
}

/** Whether a process's cgroup is the container's or below it: compared in the hierarchy where the container's path says most. */
export function isInCgroup(container: readonly CgroupPath[], process: readonly CgroupPath[]): boolean {
  const longest = container.toSorted((a, b) => b.path.length - a.path.length)[0];
  if (longest === undefined || longest.path === '/') return false;
  const other = process.find(({ controllers }) => controllers === longest.controllers);
  return other !== undefined && (other.path === longest.path || other.path.startsWith(`${longest.path}/`));
}

interface CgroupPath {
  readonly controllers: string;
  readonly path: string;
}
