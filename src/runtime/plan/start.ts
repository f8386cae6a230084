// Spec in, launch plan out: what the helper does in a new container, operation by operation. The order is runc's
// (rootfs_linux.go, standard_init_linux.go); README.md has it as a table with the reasons. Pure.
import type { RootfsMount } from '../../graphdriver/driver.ts';
import { EXEC } from '../../native/abi.ts';
import { CLONE_NEWCGROUP, CLONE_NEWNET, MS_PRIVATE, MS_REC, MS_SHARED } from '../../native/linux.ts';
import type { Op } from '../../native/ops.ts';
import { TskerError } from '../../util/errors.ts';
import { parsePropagation } from '../mount-options.ts';
import type { Spec } from '../spec.ts';
import { deviceOps } from './devices.ts';
import type { StartFacts } from './facts.ts';
import { hideOps } from './hide.ts';
import { makeMountPoint, mountOps } from './mounts.ts';
import { type NamespacePlan, planNamespaces } from './namespaces.ts';
import { confinementOps, processOps } from './process.ts';
import { rootOps } from './root.ts';
import { sysctlOps } from './sysctl.ts';

/** Asks for `--init`: the helper stays as PID 1 in front of the program. */
export const INIT_ANNOTATION = 'tsker.init';

/** Compiles a start. Throws TskerError `invalid` for a spec that cannot be meant. */
export function compileStart(spec: Spec, rootfs: RootfsMount, facts: StartFacts): Op[] {
  const namespaces = planNamespaces(spec);
  const mounts = mountOps(spec.mounts, {
    cgroupView: facts.cgroupView,
    sourceKind: facts.sourceKind,
    directoryMode: facts.directoryMode,
    directoryTree: facts.directoryTree,
    userNamespace: namespaces.user,
    bindSysfs: namespaces.user && !spec.linux.namespaces.some(({ type, path }) => type === 'network' && !path),
  });
  return [
    ...userNamespaceOps(namespaces, facts),
    ...facts.cgroupOps,
    ...oomScoreOps(facts),
    ...confinementOps(spec.process, facts),
    ...namespaceOps(namespaces, facts),
    ...rootOps({
      rootfs,
      mountPoint: facts.mountPoint,
      propagation: spec.linux.rootfsPropagation,
      mountPointParent: facts.mountPointParent,
    }),
    ...mounts.build,
    ...deviceOps(spec, namespaces.user ? facts.deviceSource : undefined),
    ...builtOps(facts),
    ...workingDirectoryOps(spec),
    ...nameOps(spec),
    ...sysctlOps(spec),
    { op: 'PIVOT' },
    ...sharedRootOps(spec),
    ...mounts.seal,
    ...hideOps(spec, facts.maskKind),
    ...processOps({
      process: spec.process,
      facts,
      slots: facts.slots,
      execFlags: spec.annotations?.[INIT_ANNOTATION] === 'true' ? EXEC.init : 0,
    }),
  ];
}

/** Nothing can be done in a user namespace before its maps are there; then its root must be the one that acts. */
function userNamespaceOps(namespaces: NamespacePlan, { slots }: StartFacts): Op[] {
  if (!namespaces.user) return [];
  if (slots.maps === undefined) throw new TskerError('internal', 'a user namespace needs the slot of its maps');
  return [
    { op: 'WAIT', slot: slots.maps },
    { op: 'USER', uid: 0, gid: 0, groups: new Uint8Array() },
  ];
}

/** By the host's /proc, which is still there. */
function oomScoreOps({ oomScoreAdj }: StartFacts): Op[] {
  if (oomScoreAdj === undefined) return [];
  return [{ op: 'WRITE', path: '/proc/self/oom_score_adj', data: String(oomScoreAdj) }];
}

/**
 * The cgroup namespace starts at the cgroup that was joined before; the network is there before sysfs, which shows the
 * namespace of whoever mounts it.
 */
function namespaceOps(namespaces: NamespacePlan, facts: StartFacts): Op[] {
  return [
    ...(namespaces.unshareCgroup ? [{ op: 'UNSHARE', flags: CLONE_NEWCGROUP } as const] : []),
    ...facts.slots.joins.map(({ slot, flag }): Op => ({ op: 'SETNS', slot, flags: flag })),
    ...(namespaces.unshareNetwork ? [{ op: 'UNSHARE', flags: CLONE_NEWNET } as const] : []),
    ...facts.networkOps,
  ];
}

/** Hooks of the host see the mounts, the network and no program yet; kernel parameters are for what they add. */
function builtOps({ slots: { hold } }: StartFacts): Op[] {
  if (hold === undefined || !hold.hooks) return [];
  return [
    { op: 'TELL', slot: hold.talk },
    { op: 'WAIT', slot: hold.talk },
  ];
}

/** A missing working directory is made, as Docker does; in a volume as well, hence after the mounts. */
function workingDirectoryOps({ process }: Spec): Op[] {
  if (!process.cwd.startsWith('/')) {
    throw new TskerError(
      'invalid',
      `the working directory "${process.cwd}" is invalid, it needs to be an absolute path`,
    );
  }
  return /^\/+$/.test(process.cwd) ? [] : [makeMountPoint(process.cwd)];
}

function nameOps({ hostname, domainname, linux }: Spec): Op[] {
  const named = (hostname ?? '') !== '' || (domainname ?? '') !== '';
  if (named && !linux.namespaces.some(({ type }) => type === 'uts')) {
    throw new TskerError('invalid', 'unable to set hostname without a private UTS namespace');
  }
  return [
    ...(hostname ? [{ op: 'HOSTNAME', name: hostname } as const] : []),
    ...(domainname ? [{ op: 'DOMAINNAME', name: domainname } as const] : []),
  ];
}

/** `rshared` on a volume needs a root that shares; pivot_root wants it private before. */
function sharedRootOps({ linux }: Spec): Op[] {
  const flags = linux.rootfsPropagation === undefined ? 0 : (parsePropagation(linux.rootfsPropagation) ?? 0);
  if ((flags & ~(MS_PRIVATE | MS_REC)) === 0) return [];
  return (flags & MS_SHARED) === 0 ? [] : [{ op: 'PROPAGATION', target: '/', flags: MS_SHARED }];
}
