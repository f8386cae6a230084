// Which cgroup hierarchies this host has and where they are mounted: v1, v2 or hybrid. Parsing is pure; detect reads
// /proc/self/mountinfo once.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TskerError } from '../../util/errors.ts';

/** One mounted v1 hierarchy. */
export interface V1Hierarchy {
  /** `memory`, or several when they are mounted together (`cpu`, `cpuacct`); empty for a named one. */
  readonly controllers: readonly string[];
  /** `systemd` of `name=systemd`. */
  readonly named: string | undefined;
  readonly mountPoint: string;
}

export interface UnifiedHierarchy {
  readonly controllers: readonly string[];
  readonly mountPoint: string;
}

export interface CgroupLayout {
  /** `hybrid`: v1 controllers, with a v2 hierarchy beside them. */
  readonly mode: 'v1' | 'v2' | 'hybrid';
  readonly v1: readonly V1Hierarchy[];
  readonly unified: UnifiedHierarchy | undefined;
}

const V1_CONTROLLERS = new Set([
  'blkio',
  'cpu',
  'cpuacct',
  'cpuset',
  'devices',
  'freezer',
  'hugetlb',
  'memory',
  'misc',
  'net_cls',
  'net_prio',
  'perf_event',
  'pids',
  'rdma',
]);

/** The layout described by a mountinfo text (proc_pid_mountinfo(5)). A hierarchy mounted twice counts once, where it
 * was mounted first. */
export function parseCgroupLayout(mountinfo: string, unifiedControllers: readonly string[]): CgroupLayout {
  const v1: V1Hierarchy[] = [];
  let unified: UnifiedHierarchy | undefined;
  const seen = new Set<string>();
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ', 2);
    if (before === undefined || after === undefined) continue;
    const [, , device = '', , mountPoint = ''] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if ((type !== 'cgroup' && type !== 'cgroup2') || seen.has(device)) continue;
    seen.add(device);
    const path = unescapeOctal(mountPoint);
    if (type === 'cgroup2') unified ??= { controllers: unifiedControllers, mountPoint: path };
    else v1.push(parseV1(options, path));
  }
  const mode = unified === undefined ? 'v1' : v1.some((one) => one.controllers.length > 0) ? 'hybrid' : 'v2';
  return { mode, v1: mode === 'v2' ? [] : v1, unified };
}

function parseV1(options: string, mountPoint: string): V1Hierarchy {
  const words = options.split(',');
  const named = words.find((word) => word.startsWith('name='))?.slice('name='.length);
  return { controllers: words.filter((word) => V1_CONTROLLERS.has(word)), named, mountPoint };
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Reads the layout of the daemon's own mount namespace. Throws `unsupported` when no cgroup file system is mounted. */
export function detectCgroupLayout(): CgroupLayout {
  const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8');
  const draft = parseCgroupLayout(mountinfo, []);
  if (draft.v1.length === 0 && draft.unified === undefined) {
    throw new TskerError('unsupported', 'no cgroup file system is mounted', {
      hint: 'mount -t cgroup2 none /sys/fs/cgroup',
    });
  }
  return draft.unified === undefined ? draft : parseCgroupLayout(mountinfo, readControllers(draft.unified.mountPoint));
}

function readControllers(mountPoint: string): string[] {
  const file = join(mountPoint, 'cgroup.controllers');
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split(/\s+/)
        .filter((word) => word !== '')
    : [];
}

/** The mount point of a v1 controller, when it has one. */
export function v1MountPoint(layout: CgroupLayout, controller: string): string | undefined {
  return layout.v1.find((one) => one.controllers.includes(controller))?.mountPoint;
}
