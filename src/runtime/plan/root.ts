// The root file system: mounted in the container's own mount namespace, so that it never appears among the host's
// mounts. Pure.
import type { RootfsMount } from '../../graphdriver/driver.ts';
import { BIND } from '../../native/abi.ts';
import { MS_PRIVATE, MS_REC, MS_SHARED, MS_SLAVE } from '../../native/linux.ts';
import type { Op } from '../../native/ops.ts';
import { TskerError } from '../../util/errors.ts';
import { parseMountOptions, parsePropagation } from '../mount-options.ts';

/** Words that stand in RootfsMount.options of a bind mount and say nothing of the file system. */
export interface RootRequest {
  readonly rootfs: RootfsMount;
  readonly mountPoint: string;
  /** `linux.rootfsPropagation`. */
  readonly propagation: string | undefined;
  /** The mount that holds mountPoint, for shared propagation. */
  readonly mountPointParent: string | undefined;
}

/** Takes the host's mounts out of the way and mounts the root file system. */
export function rootOps({ rootfs, mountPoint, propagation, mountPointParent }: RootRequest): Op[] {
  return [
    ...detachOps(propagation, mountPointParent),
    ...mountOps(rootfs, mountPoint),
    { op: 'ROOT', path: mountPoint },
  ];
}

/**
 * Whatever the host does (systemd makes / shared), our mounts must not travel back. A bind mount that asks for slave or
 * shared propagation needs its source to keep the link: then only the mount below the root is cut off, as runc does.
 */
function detachOps(word: string | undefined, parent: string | undefined): Op[] {
  const wanted = word === undefined || word === '' ? MS_PRIVATE : parsePropagation(word);
  if (wanted === undefined) throw new TskerError('invalid', `invalid rootfsPropagation "${word}"`);
  const flags = (wanted & (MS_SHARED | MS_SLAVE | MS_PRIVATE)) | MS_REC;
  const all: Op = { op: 'PROPAGATION', target: '/', flags };
  if ((flags & MS_SHARED) === 0) return [all];
  if (parent === undefined) throw new TskerError('internal', 'the mount that holds the container root is not known');
  return [all, { op: 'PROPAGATION', target: parent, flags: MS_PRIVATE }];
}

function mountOps(rootfs: RootfsMount, target: string): Op[] {
  if (rootfs.type === 'bind') {
    return [{ op: 'BIND', source: rootfs.source, target, flags: BIND.rec, propagation: MS_PRIVATE | MS_REC }];
  }
  const { flags, data } = parseMountOptions(rootfs.options);
  const mount: Op = { op: 'MOUNT', source: rootfs.source, target, type: rootfs.type, flags, data };
  // Relative lower directories keep the option string below one page.
  return rootfs.cwd === undefined ? [mount] : [{ op: 'CHDIR', path: rootfs.cwd }, mount];
}
