// /dev of a container: the nodes that every one has, the spec's own, and the links. Pure.

import { ERRNO } from '../../native/errno.ts';
import { MS_PRIVATE, makeDevice, S_IFBLK, S_IFCHR, S_IFIFO } from '../../native/linux.ts';
import type { Op } from '../../native/ops.ts';
import type { Device, Spec } from '../spec.ts';
import { mountPointOps, parentOps } from './bind.ts';

/** runtime-spec config-linux.md, "Default Devices". /dev/console and /dev/ptmx are made with the terminal and below. */
const DEFAULT_DEVICES: readonly Device[] = [
  { path: '/dev/null', type: 'c', major: 1, minor: 3, fileMode: 0o666, uid: 0, gid: 0 },
  { path: '/dev/zero', type: 'c', major: 1, minor: 5, fileMode: 0o666, uid: 0, gid: 0 },
  { path: '/dev/full', type: 'c', major: 1, minor: 7, fileMode: 0o666, uid: 0, gid: 0 },
  { path: '/dev/random', type: 'c', major: 1, minor: 8, fileMode: 0o666, uid: 0, gid: 0 },
  { path: '/dev/urandom', type: 'c', major: 1, minor: 9, fileMode: 0o666, uid: 0, gid: 0 },
  { path: '/dev/tty', type: 'c', major: 5, minor: 0, fileMode: 0o666, uid: 0, gid: 0 },
];

const LINKS: readonly (readonly [path: string, content: string])[] = [
  ['/dev/fd', '/proc/self/fd'],
  ['/dev/stdin', '/proc/self/fd/0'],
  ['/dev/stdout', '/proc/self/fd/1'],
  ['/dev/stderr', '/proc/self/fd/2'],
  ['/dev/core', '/proc/kcore'],
];

const DEFAULT_MODE = 0o666;
const DIRECTORY_MODE = 0o755;

/** A container that brings the host's /dev (a bind mount) keeps it as it is. */
function needsDev(spec: Spec): boolean {
  const dev = spec.mounts.find(({ destination }) => destination.replace(/\/+$/, '') === '/dev');
  return dev === undefined || (dev.type !== 'bind' && !(dev.options ?? []).some((one) => /^r?bind$/.test(one)));
}

/** `hostNode`, in a user namespace: no node can be made there, and the host's are bound in their place. */
export function deviceOps(spec: Spec, hostNode: ((device: Device) => string) | undefined): Op[] {
  if (!needsDev(spec)) return [];
  const own = spec.linux.devices ?? [];
  const overridden = new Set(own.map(({ path }) => path));
  const devices = [...DEFAULT_DEVICES.filter(({ path }) => !overridden.has(path)), ...own];
  return [
    ...(spec.mounts.some(({ destination }) => destination === '/dev') ? [] : parentOps('/dev/null', DIRECTORY_MODE)),
    ...devices.flatMap((device) => (hostNode === undefined ? makeOps(device) : bindOps(device.path, hostNode(device)))),
    ...LINKS.map(([path, content]) => linkOp(path, content)),
    linkOp('/dev/ptmx', 'pts/ptmx'),
  ];
}

/** The mode is right as given: the helper runs with umask 0. */
function makeOps(device: Device): Op[] {
  const { path, uid = 0, gid = 0 } = device;
  const mode = typeBits(device) | ((device.fileMode ?? DEFAULT_MODE) & 0o7777);
  const owner: Op[] = uid === 0 && gid === 0 ? [] : [{ op: 'CHOWN', path, uid, gid, inRoot: true }];
  const number = device.type === 'p' ? 0 : makeDevice(device.major, device.minor);
  return [
    ...nestedParentOps(path),
    { op: 'MKNOD', path, mode, device: number, inRoot: true, tolerate: ERRNO.EEXIST },
    ...owner,
  ];
}

function bindOps(path: string, source: string): Op[] {
  return [
    ...mountPointOps(path, 'file'),
    { op: 'BIND', source, target: path, flags: 0, propagation: MS_PRIVATE, inRoot: true },
  ];
}

/** /dev itself is there; /dev/snd is not. */
function nestedParentOps(path: string): Op[] {
  return /^\/dev\/[^/]+$/.test(path) ? [] : parentOps(path, DIRECTORY_MODE);
}

function typeBits({ type }: Device): number {
  if (type === 'p') return S_IFIFO;
  return type === 'b' ? S_IFBLK : S_IFCHR;
}

/** A link that the root file system has already is left alone. */
function linkOp(path: string, content: string): Op {
  return { op: 'SYMLINK', content, path, inRoot: true, tolerate: ERRNO.EEXIST };
}
