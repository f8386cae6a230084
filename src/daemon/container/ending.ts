// That a container is to end, noted before it is told: the restart policy must know when the end has come, and a daemon that
// is killed in between must not start again what its user has stopped.
import type { Container } from './container.ts';
import type { EndReason } from './restart-policy.ts';
import type { RestartTimers } from './restart-timers.ts';
import type { ContainerStore } from './store.ts';

export interface EndingDependencies {
  readonly containers: Pick<ContainerStore, 'transition' | 'update'>;
  readonly restarts: Pick<RestartTimers, 'cancel'>;
}

export function noteEnding(
  dependencies: Pick<EndingDependencies, 'containers'>,
  container: Container,
  reason: EndReason,
): void {
  container.endReason = reason;
  if (reason === 'stop') rememberStopped(dependencies, container);
}

/** For `unless-stopped` a signal of the user's counts as a stop, whatever becomes of the program (moby, killWithSignal). */
export function rememberStopped({ containers }: Pick<EndingDependencies, 'containers'>, container: Container): void {
  const { hostConfig, manuallyStopped } = container.record;
  if (hostConfig.RestartPolicy.Name !== 'unless-stopped' || manuallyStopped === true) return;
  containers.update(container, { manuallyStopped: true });
}

/**
 * A container that waits for its next start waits no longer. False when it has been started meanwhile, or was not waiting at
 * all: then there may be a run to end.
 */
export function endRestarting(
  { containers, restarts }: EndingDependencies,
  container: Container,
  reason: EndReason,
): Promise<boolean> {
  return container.exclusive.run(() => {
    if (container.record.state.status !== 'restarting') return false;
    restarts.cancel(container);
    containers.transition(container, { status: 'exited' }, reason === 'stop' ? { manuallyStopped: true } : {});
    container.waiters.ending()({ StatusCode: container.record.state.exitCode });
    return true;
  });
}
