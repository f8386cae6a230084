// After a daemon's death: first everything the dead containers left on the host is undone by the ledger, before anything new
// is made; then their records say what became of them.
import type { LayerStore } from '../layer/store.types.ts';
import type { NetworkService } from '../network/network.ts';
import type { Ledger, LedgerEntry } from '../store/ledger.ts';
import { messageOf } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import { LOCAL_DRIVER } from '../volume/volume.ts';
import type { Volumes } from '../volume/volumes.ts';
import { type Clock, formatTime, ZERO_TIME } from './clock.ts';
import type { Container } from './container/container.ts';
import { containerOfOwner, runOwner } from './container/effects.ts';
import { emitContainerEvent } from './container/event.ts';
import { volumesOf } from './container/mounts/of-record.ts';
import { mountUser } from './container/mounts/run-volumes.ts';
import { type RemoveDependencies, removeStopped } from './container/remove.ts';
import { isAlive } from './container/state.ts';
import type { ContainerStore } from './container/store.ts';

/** Killed with the daemon: 128 + SIGKILL. */
const KILLED = 137;

export interface HostRecovery {
  readonly ledger: Ledger;
  readonly log: Logger;
  /** Containers that live on without their daemon (split/); those of the monolith have died with it. */
  readonly survivors?: ReadonlySet<string>;
}

/**
 * Undoes the runs of all containers and what the daemon itself had made. Processes that outlived their daemon are killed
 * through their cgroup. What cannot be undone stays in the ledger, is said, and does not keep the daemon from starting.
 */
export async function recoverHost({ ledger, log, survivors = new Set() }: HostRecovery): Promise<void> {
  const owned = new Set([...survivors].map(runOwner));
  for (const owner of ledger.owners()) {
    // A container's own entries are its directory and stay with it.
    if (containerOfOwner(owner) === owner || owned.has(owner)) continue;
    await attempt(log, `recovering ${owner}`, () => ledger.undo(owner, survivors.size > 0 ? isNetwork : undefined));
  }
}

/** Whoever lives on is on it; it is taken over as it is. */
function isNetwork({ owner, kind }: LedgerEntry): boolean {
  return owner.startsWith('network/') || kind === 'bridge' || kind === 'rules';
}

export interface RestoreDependencies extends RemoveDependencies {
  readonly containers: ContainerStore;
  readonly layers: Pick<LayerStore, 'removeContainerLayer'>;
  readonly network: Pick<NetworkService, 'detach' | 'recall'>;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly volumes: Pick<Volumes, 'release' | 'remove' | 'unmount'>;
  readonly log: Logger;
  /** Takes up a run that has outlived its daemon; false: it has not. Absent: none does. */
  readonly revive?: (container: Container) => Promise<boolean>;
}

/** Brings the list up to date with what recoverHost found dead. */
export async function restoreContainers(dependencies: RestoreDependencies): Promise<void> {
  const { containers, ledger, log, layers } = dependencies;
  for (const container of containers.list()) {
    await attempt(log, `restoring container ${container.id}`, () => restoreOne(dependencies, container));
  }
  // A create or a removal that was cut off between the directory and the row.
  const orphans = ledger.owners().filter((owner) => containerOfOwner(owner) === owner && !containers.get(owner));
  for (const id of orphans) {
    await attempt(log, `removing what is left of container ${id}`, async () => {
      await layers.removeContainerLayer(id);
      await ledger.undo(id);
    });
  }
}

async function restoreOne(dependencies: RestoreDependencies, container: Container): Promise<void> {
  const { containers, network, events, clock } = dependencies;
  const { state, hostConfig } = container.record;
  if (isAlive(state.status) && (await dependencies.revive?.(container))) return;
  network.recall(container.id, container.record.endpoints);
  network.detach(container.id);
  if (state.status === 'removing') {
    containers.transition(container, { status: 'dead' });
    await removeStopped(dependencies, container, { volumes: hostConfig.AutoRemove });
    return;
  }
  if (state.status === 'restarting') containers.transition(container, { status: 'exited' });
  if (!isAlive(state.status)) {
    // Its removal was cut off before it had begun.
    if (hostConfig.AutoRemove && state.startedAt !== ZERO_TIME)
      await removeStopped(dependencies, container, { volumes: true });
    return;
  }
  container.health?.end();
  containers.transition(
    container,
    { status: 'exited', pid: 0, exitCode: KILLED, finishedAt: formatTime(clock()) },
    { endpoints: [], ports: {}, ...(container.health === undefined ? {} : { health: container.health.snapshot }) },
  );
  giveBackVolumes(dependencies, container);
  emitContainerEvent(events, container, 'die', { exitCode: String(KILLED) });
  if (hostConfig.AutoRemove) await removeStopped(dependencies, container, { volumes: true });
}

/**
 * What drivers had mounted for the run that died with the daemon: the local one's has been undone by the ledger, a plugin has to
 * be told. Nobody waits for it but the next mount of the same volume: a plugin may be a container that is not there yet.
 */
function giveBackVolumes({ volumes, log }: RestoreDependencies, container: Container): void {
  for (const mount of volumesOf(container.record)) {
    if (mount.driver === LOCAL_DRIVER) continue;
    volumes.unmount(mount.name, mountUser(container.id, mount)).catch((error: unknown) => {
      log.warn('a volume could not be given back', { volume: mount.name, error: messageOf(error) });
    });
  }
}

async function attempt(log: Logger, what: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    log.error(`${what} failed`, { error: messageOf(error) });
  }
}
