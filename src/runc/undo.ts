// What a container was given on the host, taken away: its processes and its cgroups. The same for one that could not be created
// and for one that is deleted; what is gone already is no failure.
import type { Native } from '../native/native.ts';
import { undoOps } from '../runtime/cgroup/create.ts';
import { removeParents } from '../runtime/cgroup/parents.ts';
import type { Container } from './store.ts';

export async function undo(native: Native, { cgroups, spec }: Pick<Container, 'cgroups' | 'spec'>): Promise<void> {
  await native.runPlan(undoOps(cgroups));
  // Parents that an engine names are the engine's.
  if (spec.linux.cgroupsPath === undefined) removeParents(cgroups);
}
