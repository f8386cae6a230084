// A start that failed: what it made is undone, the container says why and with which exit code, and whoever attached is sent
// away.
import type { NetworkService } from '../../network/network.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Ledger } from '../../store/ledger.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import type { Volumes } from '../../volume/volumes.ts';
import { type Clock, formatTime, ZERO_TIME } from '../clock.ts';
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';
import { runOwner } from './effects.ts';
import { unmountVolumes } from './mounts/run-volumes.ts';
import { type RemoveDependencies, removeStopped } from './remove.ts';

export type FailureDependencies = RemoveDependencies & {
  readonly runtime: Pick<Runtime, 'delete'>;
  readonly network: Pick<NetworkService, 'detach'>;
  readonly ledger: Pick<Ledger, 'undo'>;
  readonly volumes: Pick<Volumes, 'unmount' | 'release' | 'remove'>;
  readonly clock: Clock;
  readonly log: Logger;
};

/** A volume that nobody was told of is not told of when it goes. */
const SILENT: EventSink = { emit: () => undefined };

/**
 * It stays created (or exited); nothing of the attempt stays. With --rm it goes: `docker run` waits for that. What cannot be
 * undone is said in the log and stays in the ledger: the reason of the failure is what the client has to hear.
 */
export async function recordFailedStart(
  dependencies: FailureDependencies,
  container: Container,
  error: unknown,
): Promise<void> {
  const { log } = dependencies;
  log.warn('a container could not be started', { container: container.id, error: messageOf(error) });
  try {
    await undoStart(dependencies, container);
    recordReason(dependencies, container, error);
    container.attachments.dismissAll();
    if (container.record.hostConfig.AutoRemove) await removeStopped(dependencies, container, { volumes: true });
  } catch (cleanup) {
    log.error('a failed start could not be undone completely', { container: container.id, error: messageOf(cleanup) });
  }
}

async function undoStart(dependencies: FailureDependencies, container: Container): Promise<void> {
  const { network, runtime, ledger } = dependencies;
  const { id } = container;
  network.detach(id);
  await runtime.delete(id);
  await ledger.undo(runOwner(id));
  await unmountVolumes({ ...dependencies, events: SILENT }, container);
}

function recordReason({ containers, clock }: FailureDependencies, container: Container, error: unknown): void {
  const neverRan = container.record.state.startedAt === ZERO_TIME;
  containers.transition(
    container,
    {
      status: neverRan ? 'created' : 'exited',
      pid: 0,
      exitCode: exitCodeOf(error),
      error: messageOf(error),
      ...(neverRan ? {} : { finishedAt: formatTime(clock()) }),
    },
    { endpoints: [], ports: {} },
  );
}

/** 127 and 126 as a shell has them for a missing or forbidden program, 128 for everything else. */
function exitCodeOf(error: unknown): number {
  if (error instanceof TskerError && error.code === 'command_not_found') return 127;
  if (error instanceof TskerError && error.code === 'command_not_executable') return 126;
  return 128;
}
