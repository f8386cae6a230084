// docker restart: a stop, when it runs, and a start. Neither its restart policy nor --rm have a say in between.
import type { StopOptions } from '../../api/container/backend.ts';
import { TskerError } from '../../util/errors.ts';
import type { Container } from './container.ts';
import { emitContainerEvent } from './event.ts';
import type { KillDependencies } from './kill.ts';
import { type StartDependencies, startContainer } from './start.ts';
import { stopContainer } from './stop.ts';

export type RestartDependencies = KillDependencies & StartDependencies;

export async function restartContainer(
  dependencies: RestartDependencies,
  container: Container,
  options: StopOptions,
): Promise<void> {
  await unlessDone(stopContainer(dependencies, container, { ...options, reason: 'restart' }));
  await unlessDone(startContainer(dependencies, container));
  emitContainerEvent(dependencies.events, container, 'restart');
}

/** It did not run, or somebody else has started it meanwhile. */
async function unlessDone(action: Promise<void>): Promise<void> {
  try {
    await action;
  } catch (error) {
    if (!(error instanceof TskerError && error.code === 'not_modified')) throw error;
  }
}
