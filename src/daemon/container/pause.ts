// docker pause: every process of a container stopped by the freezer cgroup, until unpause or a signal that ends it.
import type { Runtime } from '../../runtime/runtime.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';
import { emitContainerEvent } from './event.ts';
import type { ContainerStore } from './store.ts';

export interface PauseDependencies {
  readonly containers: Pick<ContainerStore, 'transition'>;
  readonly runtime: Pick<Runtime, 'pause'>;
  readonly events: EventSink;
}

/** Throws conflict when it does not run or is paused. Resolves when every process stands still. */
export function pauseContainer(dependencies: PauseDependencies, container: Container): Promise<void> {
  const { containers, runtime, events } = dependencies;
  const { id } = container;
  return container.exclusive.run(async () => {
    requirePausable(container);
    try {
      await runtime.pause(id);
    } catch (cause) {
      throw new TskerError('internal', `cannot pause container ${id}: ${messageOf(cause)}`, { cause });
    }
    containers.transition(container, { status: 'paused' });
    emitContainerEvent(events, container, 'pause');
  });
}

function requirePausable({ id, record }: Container): void {
  switch (record.state.status) {
    case 'running':
      return;
    case 'paused':
      throw new TskerError('conflict', `container ${id} is already paused`);
    case 'restarting':
      throw new TskerError('conflict', `container ${id} is restarting, wait until the container is running`);
    default:
      throw new TskerError('conflict', `container ${id} is not running`);
  }
}
