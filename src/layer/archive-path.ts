// Paths and stats of archives in Docker's form: which path a request means, what its entry is called, the header
// X-Docker-Container-Path-Stat. Pure.
import { posix } from 'node:path';
import type { StatResult } from '../native/archive-requests.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../native/linux.ts';

/** container.PathStat of the API: JSON, in base64, is the header X-Docker-Container-Path-Stat. */
export interface PathStat {
  readonly name: string;
  readonly size: number;
  /** Go's os.FileMode. */
  readonly mode: number;
  /** RFC 3339 with nanoseconds. */
  readonly mtime: string;
  /** Where a link leads in the end, else ''. */
  readonly linkTarget: string;
}

/**
 * The path a client means, from the root: `..` is taken by name, before any link is followed, and a slash or dot at the end
 * stays, for it makes a directory of a link and content of a directory (Docker's PreserveTrailingDotOrSeparator).
 */
export function containerPath(path: string): string {
  const cleaned = posix.join('/', path).replace(/(?<=.)\/$/, '');
  if (path === '' || /(^|\/)\.$/.test(path)) return cleaned === '/' ? '/.' : `${cleaned}/.`;
  return path.endsWith('/') && cleaned !== '/' ? `${cleaned}/` : cleaned;
}

/** What the entry of a path is called: its last name, `.` for the content of a directory, `/` for the root. */
export function archiveName(path: string): string {
  if (path === '/') return '/';
  return path.replace(/\/$/, '').split('/').at(-1) ?? '/';
}

/** `path` as containerPath has it. */
export function pathStat(path: string, stat: Omit<StatResult, 'fd'>): PathStat {
  return {
    name: archiveName(path),
    size: stat.size,
    mode: goFileMode(stat.mode),
    mtime: rfc3339(stat.seconds, stat.nanoseconds),
    linkTarget: stat.target ?? '',
  };
}

const KINDS: ReadonlyMap<number, number> = new Map([
  [S_IFREG, 0],
  [S_IFDIR, 2 ** 31],
  [S_IFLNK, 2 ** 27],
  [S_IFBLK, 2 ** 26],
  [S_IFCHR, 2 ** 26 + 2 ** 21],
  [S_IFIFO, 2 ** 25],
  [S_IFSOCK, 2 ** 24],
]);
const IRREGULAR = 2 ** 19;

/** Kernel's st_mode to Go's os.FileMode (io/fs): the same nine bits, and others for all else. */
export function goFileMode(mode: number): number {
  const setuid = (mode & 0o4000) !== 0 ? 2 ** 23 : 0;
  const setgid = (mode & 0o2000) !== 0 ? 2 ** 22 : 0;
  const sticky = (mode & 0o1000) !== 0 ? 2 ** 20 : 0;
  return (KINDS.get(mode & S_IFMT) ?? IRREGULAR) + setuid + setgid + sticky + (mode & 0o777);
}

/** As Go writes time.Time in JSON: no zeros at the end of the fraction. */
export function rfc3339(seconds: number, nanoseconds: number): string {
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  const fraction = String(nanoseconds).padStart(9, '0').replace(/0+$/, '');
  return fraction === '' ? `${whole}Z` : `${whole}.${fraction}Z`;
}
