// The states of a container and the only table of how one leads to another. Pure: who makes a transition, and stores it, is
// the verbs' matter.
import type { ContainerStatus } from '../../types/container.ts';
import { TskerError } from '../../util/errors.ts';

/** state → the states that may follow it. */
const TRANSITIONS: Readonly<Record<ContainerStatus, readonly ContainerStatus[]>> = {
  // A start that fails leaves the container created; exited is what recovery makes of a start it finds half done.
  created: ['created', 'running', 'exited', 'removing'],
  running: ['paused', 'restarting', 'exited'],
  paused: ['running', 'restarting', 'exited'],
  restarting: ['running', 'exited'],
  // Likewise a failed start of one that had run before.
  exited: ['exited', 'running', 'removing'],
  // What could not be removed completely is dead, and can only be removed again.
  removing: ['dead'],
  dead: ['removing'],
};

/** Throws `conflict`, naming both states, when `to` cannot follow `from`. */
export function checkTransition(id: string, from: ContainerStatus, to: ContainerStatus): void {
  if (TRANSITIONS[from].includes(to)) return;
  throw new TskerError('conflict', `container ${id} is ${from} and cannot become ${to}`);
}

/** The states that may follow. */
export function nextStates(from: ContainerStatus): readonly ContainerStatus[] {
  return TRANSITIONS[from];
}

/** Its first process lives. */
export function isAlive(status: ContainerStatus): boolean {
  return status === 'running' || status === 'paused';
}

/** Throws what Docker says when a start is refused; `not_modified` when it runs already. */
export function requireStartable(status: ContainerStatus): void {
  if (status === 'running' || status === 'restarting')
    throw new TskerError('not_modified', 'container is already running');
  if (status === 'paused') throw new TskerError('conflict', 'cannot start a paused container, try unpause instead');
  if (status === 'removing' || status === 'dead') {
    throw new TskerError('conflict', 'container is marked for removal and cannot be started');
  }
}

/** For attach, top, resize: throws what Docker says when the container does not run. */
export function requireRunning(id: string, status: ContainerStatus): void {
  if (isAlive(status)) return;
  if (status === 'restarting') {
    throw new TskerError('conflict', `container ${id} is restarting, wait until the container is running`);
  }
  throw new TskerError('conflict', `container ${id} is not running`);
}

/** For rm without force. */
export function requireRemovable(name: string, status: ContainerStatus): void {
  if (status === 'removing') throw new TskerError('conflict', `removal of container ${name} is already in progress`);
  if (status === 'paused') {
    throw new TskerError(
      'conflict',
      `cannot remove container "${name}": container is paused and must be unpaused first`,
    );
  }
  if (status === 'running' || status === 'restarting') {
    throw new TskerError(
      'conflict',
      `cannot remove container "${name}": container is ${status}: stop the container before removing or force remove`,
    );
  }
}
