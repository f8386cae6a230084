// docker rm: the writable layer, the directory, the row; with force a running container is killed before.
import type { RemoveOptions } from '../../api/container/backend.ts';
import type { LayerStore } from '../../layer/store.types.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { messageOf } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import type { Turns } from '../../util/turns.ts';
import type { Volumes } from '../../volume/volumes.ts';
import type { EventSink } from '../events.ts';
import type { ExecStore } from '../exec/store.ts';
import type { Container } from './container.ts';
import { endRestarting } from './ending.ts';
import { emitContainerEvent } from './event.ts';
import type { ContainerDirectories } from './files.ts';
import { killAndWait } from './kill.ts';
import { leaveVolumes } from './mounts/make-volumes.ts';
import { volumesOf } from './mounts/of-record.ts';
import type { RestartTimers } from './restart-timers.ts';
import { isAlive, requireRemovable } from './state.ts';
import type { ContainerStore } from './store.ts';

export interface RemoveDependencies {
  readonly containers: ContainerStore;
  readonly restarts: Pick<RestartTimers, 'cancel'>;
  readonly layers: Pick<LayerStore, 'removeContainerLayer'>;
  readonly runtime: Pick<Runtime, 'resume'>;
  readonly directories: ContainerDirectories;
  readonly events: EventSink;
  readonly execs: Pick<ExecStore, 'containerRemoved'>;
  readonly volumes: Pick<Volumes, 'release' | 'remove'>;
  readonly log: Logger;
  readonly turns: Pick<Turns, 'take' | 'goOn'>;
}

/** Throws conflict for a running container without force, and while another removal is under way. */
export async function removeContainer(
  dependencies: RemoveDependencies,
  container: Container,
  { force, volumes }: RemoveOptions,
): Promise<void> {
  const { record } = container;
  if (!force || record.state.status === 'removing') requireRemovable(`/${record.name}`, record.state.status);
  if (force) await endRestarting(dependencies, container, 'stop');
  if (force && isAlive(container.record.state.status)) await killAndWait(dependencies, container);
  await container.exclusive.run(async () => {
    // It may be gone (--rm and rm at the same time), or have been started meanwhile.
    if (dependencies.containers.get(container.id) === undefined) return;
    requireRemovable(`/${container.record.name}`, container.record.state.status);
    await removeStopped(dependencies, container, { volumes });
  });
}

/** The caller has the container for itself. What cannot be removed leaves it dead, to be removed again. */
export async function removeStopped(
  dependencies: RemoveDependencies,
  container: Container,
  { volumes }: Pick<RemoveOptions, 'volumes'>,
): Promise<void> {
  const { containers, layers, directories, events, execs, turns } = dependencies;
  const { id } = container;
  containers.transition(container, { status: 'removing' });
  await turns.goOn();
  // Both, whatever becomes of the other: what is left is removed by the next attempt.
  const outcomes = await Promise.allSettled([layers.removeContainerLayer(id), directories.remove(id)]);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) {
    containers.transition(container, { status: 'dead', error: messageOf(failure.reason) });
    throw failure.reason;
  }
  await turns.goOn();
  await leave(dependencies, container, volumes);
  containers.delete(container);
  execs.containerRemoved(id);
  emitContainerEvent(events, container, 'destroy');
  container.waiters.removed({ StatusCode: container.record.state.exitCode });
  container.attachments.dismissAll();
}

/** As in Docker, a volume that cannot be removed does not keep its container. */
async function leave({ volumes, log }: RemoveDependencies, container: Container, remove: boolean): Promise<void> {
  await leaveVolumes({
    volumes,
    containerId: container.id,
    mounts: volumesOf(container.record),
    remove,
    onFailure: (volume, error) =>
      log.error('an anonymous volume could not be removed', {
        container: container.id,
        volume,
        error: messageOf(error),
      }),
  });
}
