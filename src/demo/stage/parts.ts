// The parts of a split engine as processes: which is containerd, which shim is whose.
import { TskerError } from '../../util/errors.ts';
import { type ProcessFacts, readProcess } from '../proc/processes.ts';
import { type Role, roleOf } from '../proc/tree.ts';
import type { Started } from './containers.ts';
import type { Engine } from './engine.ts';

/** Processes of a role; containers and what is in them have none. */
export function partsOf(engine: Engine, role: Role): readonly ProcessFacts[] {
  const containers = engine.containers.pids();
  return engine.processes().filter((process) => !containers.has(process.pid) && roleOf(process) === role);
}

/** Throws `unavailable` when there is none, or more than one. */
export function containerdOf(engine: Engine): ProcessFacts {
  const [one, ...more] = partsOf(engine, 'containerd');
  if (one !== undefined && more.length === 0) return one;
  throw new TskerError('unavailable', `${more.length + (one === undefined ? 0 : 1)} processes are containerd`);
}

/** The parent of a container's first process. Throws `unavailable` when it is no shim. */
export function shimOf({ name, process }: Started): ProcessFacts {
  const parent = readProcess(readProcess(process.pid)?.parent ?? 0);
  if (parent !== undefined && roleOf(parent) === 'shim') return parent;
  throw new TskerError('unavailable', `the parent of ${name} is no shim`);
}
