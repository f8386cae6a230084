// What the container must not see or change: read-only paths, masked paths, a read-only root. Run after the pivot, where no
// path can lead out. Pure.
import { BIND } from '../../native/abi.ts';
import { ERRNO } from '../../native/errno.ts';
import { MS_PRIVATE, MS_RDONLY, MS_REC } from '../../native/linux.ts';
import type { Op } from '../../native/ops.ts';
import type { Spec } from '../spec.ts';
import type { PathKind } from './facts.ts';
import { readonlyAttribute } from './mounts.ts';

export function hideOps(spec: Spec, maskKind: (path: string) => PathKind | undefined): Op[] {
  const { maskedPaths = [], readonlyPaths = [] } = spec.linux;
  return [
    ...readonlyPaths.map(readonlyOp),
    ...maskOps(maskedPaths, maskKind),
    ...(spec.root.readonly === true ? [readonlyAttribute('/')] : []),
  ];
}

/** Bound onto itself: the mount can be read-only where its file system is not. */
function readonlyOp(path: string): Op {
  return {
    op: 'BIND',
    source: path,
    target: path,
    flags: BIND.rec | BIND.rdonly,
    propagation: MS_PRIVATE | MS_REC,
    inRoot: true,
    tolerate: ERRNO.ENOENT,
  };
}

/** Files are covered by /dev/null, directories by one empty read-only tmpfs that all of them share. */
function maskOps(paths: readonly string[], maskKind: (path: string) => PathKind | undefined): Op[] {
  let empty: string | undefined;
  return paths.flatMap((path): Op[] => {
    const kind = maskKind(path);
    if (kind === undefined) return [];
    if (kind === 'file') return [maskOp('/dev/null', path)];
    if (empty !== undefined) return [maskOp(empty, path, BIND.rdonly)];
    empty = path;
    return [
      {
        op: 'MOUNT',
        source: 'tmpfs',
        target: path,
        type: 'tmpfs',
        flags: MS_RDONLY,
        data: 'nr_blocks=1,nr_inodes=1',
        inRoot: true,
      },
    ];
  });
}

function maskOp(source: string, target: string, flags = 0): Op {
  return { op: 'BIND', source, target, flags, propagation: MS_PRIVATE, inRoot: true, tolerate: ERRNO.ENOENT };
}
