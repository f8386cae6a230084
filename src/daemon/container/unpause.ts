// docker unpause: a paused container goes on. Also what a signal does that is to end a paused one: on v1 a frozen process
// does not even die.
import type { Runtime } from '../../runtime/runtime.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';
import { emitContainerEvent } from './event.ts';
import type { ContainerStore } from './store.ts';

export interface UnpauseDependencies {
  readonly containers: Pick<ContainerStore, 'transition'>;
  readonly runtime: Pick<Runtime, 'resume'>;
  readonly events: EventSink;
}

/** Throws conflict when it is not paused. */
export function unpauseContainer(dependencies: UnpauseDependencies, container: Container): Promise<void> {
  return container.exclusive.run(async () => {
    if (container.record.state.status !== 'paused') {
      throw new TskerError('conflict', `Container ${container.id} is not paused`);
    }
    await resume(dependencies, container);
  });
}

/** After a pause that may be under way, so that a signal sent meanwhile is heard. */
export function resumeIfPaused(dependencies: UnpauseDependencies, container: Container): Promise<void> {
  return container.exclusive.run(async () => {
    if (container.record.state.status === 'paused') await resume(dependencies, container);
  });
}

async function resume({ containers, runtime, events }: UnpauseDependencies, container: Container): Promise<void> {
  const { id } = container;
  try {
    await runtime.resume(id);
  } catch (cause) {
    throw new TskerError('internal', `Cannot unpause container ${id}: ${messageOf(cause)}`, { cause });
  }
  containers.transition(container, { status: 'running' });
  emitContainerEvent(events, container, 'unpause');
}
