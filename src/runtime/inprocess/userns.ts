// The daemon's part of a start in a user namespace, while the helper waits: whatever the namespace's own root may not do
// (its maps, cgroup files, the host's end of a veth). The one hand-shake of a start.
import { writeFileSync } from 'node:fs';
import { NETLINK_ROUTE } from '../../native/linux.ts';
import type { Native, Spawned } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import { TskerError } from '../../util/errors.ts';
import { moveOps } from '../cgroup/create.ts';
import type { ContainerCgroups } from '../cgroup/paths.ts';
import type { IdMapping, Linux } from '../spec.ts';

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
  readonly linux: Linux;
  readonly cgroups: ContainerCgroups;
  readonly oomScoreAdj: number | undefined;
}

/** Writes the maps and moves the process into its cgroups. */
export async function admit({ native, process, linux, cgroups, oomScoreAdj }: Admission): Promise<void> {
  const write = (file: string, text: string): void => writeFileSync(`/proc/${process.pid}/${file}`, text);
  write('uid_map', formatMap(linux.uidMappings));
  write('gid_map', formatMap(linux.gidMappings));
  if (oomScoreAdj !== undefined) write('oom_score_adj', String(oomScoreAdj));
  const moves = moveOps(cgroups, process.pid);
  if (moves.length > 0) await native.runPlan(moves);
}

/** Slot numbers that only mark which side an operation belongs to. */
const HOST_SIDE = 0x7fff_fff0;

/**
 * The network set-up of a namespace that the clone made: what is sent through the host's netlink socket is sent here, the
 * rest is returned for the helper, whose namespace it is.
 */
export function setUpHostNetwork(
  native: Native,
  pid: number,
  setup: (slots: { hostNetlink: number; netns: number }) => readonly Op[],
): void {
  const netns = native.open(`/proc/${pid}/ns/net`, 0);
  const socket = native.netlinkOpen(NETLINK_ROUTE);
  try {
    for (const op of setup({ hostNetlink: HOST_SIDE, netns })) {
      if (op.op === 'NETLINK' && op.slot === HOST_SIDE) native.netlinkCall(socket, op.messages);
    }
  } finally {
    native.close(socket);
    native.close(netns);
  }
}

/** The helper's share of the same set-up. */
export function namespaceNetworkOps(
  setup: (slots: { hostNetlink: number; netns: number }) => readonly Op[],
): readonly Op[] {
  return setup({ hostNetlink: HOST_SIDE, netns: HOST_SIDE }).filter(
    (op) => !(op.op === 'NETLINK' && op.slot === HOST_SIDE),
  );
}
