// The daemon's part of a start in a user namespace, while the helper waits: whatever the namespace's own root may not do
// (its maps, cgroup files, the host's end of a veth). The one hand-shake of a start.
import { fchownSync, fstatSync, writeFileSync } from 'node:fs';
import { NETLINK_ROUTE } from '../../native/linux.ts';
import type { Native, Spawned } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import { TskerError } from '../../util/errors.ts';
import { moveOps } from '../cgroup/create.ts';
import type { ContainerCgroups } from '../cgroup/paths.ts';
import type { NetworkSlots, StartRequest } from '../runtime.ts';
import type { IdMapping, Linux, User } from '../spec.ts';

/** uid_map as user_namespaces(7) has it; throws `invalid` when it is empty. */
export function formatMap(mappings: readonly IdMapping[] | undefined): string {
  if (mappings === undefined || mappings.length === 0) {
    throw new TskerError('invalid', 'a user namespace needs uidMappings and gidMappings');
  }
  return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
}

export interface Admission {
  readonly native: Native;
  readonly process: Spawned;
  readonly cgroups: ContainerCgroups;
  readonly oomScoreAdj: number | undefined;
}

/** The maps of a new user namespace, which `pid` is in. */
export function writeMaps(pid: number, { uidMappings, gidMappings }: Pick<Linux, 'uidMappings' | 'gidMappings'>): void {
  writeFileSync(`/proc/${pid}/uid_map`, formatMap(uidMappings));
  writeFileSync(`/proc/${pid}/gid_map`, formatMap(gidMappings));
}

/** Moves the process into its cgroups. */
export async function admit({ native, process, cgroups, oomScoreAdj }: Admission): Promise<void> {
  if (oomScoreAdj !== undefined) writeFileSync(`/proc/${process.pid}/oom_score_adj`, String(oomScoreAdj));
  const moves = moveOps(cgroups, process.pid);
  if (moves.length > 0) await native.runPlan(moves);
}

/**
 * The pipes that a program gets become its user's, whatever the host calls it: it may open /dev/stdout again, which goes by
 * the owner. Not what the host owns itself, like /dev/null.
 */
export function ownStdio(
  stdio: StartRequest['stdio'],
  { uidMappings, gidMappings }: Pick<Linux, 'uidMappings' | 'gidMappings'>,
  { uid, gid }: Pick<User, 'uid' | 'gid'>,
): void {
  if ('terminal' in stdio) return;
  const owner = { uid: hostId(uidMappings, uid), gid: hostId(gidMappings, gid) };
  if (owner.uid === undefined || owner.gid === undefined) return;
  for (const fd of [stdio.stdin, stdio.stdout, stdio.stderr]) {
    if (fstatSync(fd).isFIFO()) fchownSync(fd, owner.uid, owner.gid);
  }
}

/** What an id of a user namespace is outside of it; undefined when it is not mapped. */
export function hostId(mappings: readonly IdMapping[] | undefined, id: number): number | undefined {
  const range = mappings?.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return range === undefined ? undefined : range.hostID + (id - range.containerID);
}

/** Slot numbers that only mark which side an operation belongs to. */
const HOST_SIDE = 0x7fff_fff0;

/**
 * The network set-up of a namespace that the clone made: what is sent through the host's netlink socket is sent here, the
 * rest is returned for the helper, whose namespace it is.
 */
export function setUpHostNetwork(native: Native, pid: number, setup: (slots: NetworkSlots) => readonly Op[]): void {
  const netns = native.open(`/proc/${pid}/ns/net`, 0);
  const socket = native.netlinkOpen(NETLINK_ROUTE);
  try {
    for (const op of setup({ hostNetlink: HOST_SIDE, netns, sockets: HOST_SIDE })) {
      if (op.op === 'NETLINK' && op.slot === HOST_SIDE) native.netlinkCall(socket, op.messages);
    }
  } finally {
    native.close(socket);
    native.close(netns);
  }
}

/** The helper's share of the same set-up. */
export function namespaceNetworkOps(setup: (slots: NetworkSlots) => readonly Op[], sockets: number): readonly Op[] {
  return setup({ hostNetlink: HOST_SIDE, netns: HOST_SIDE, sockets }).filter(
    (op) => !(op.op === 'NETLINK' && op.slot === HOST_SIDE),
  );
}
