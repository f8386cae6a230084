// docker start: from a created or exited container to a running one. Everything it makes on the host is in the ledger under
// the run's owner, so that a failure at any point is undone in one way.

import type { RootfsMount } from '../../graphdriver/driver.ts';
import type { LayerStore } from '../../layer/store.types.ts';
import type { Native } from '../../native/native.ts';
import type { Attachment as NetworkAttachment, NetworkService } from '../../network/network.ts';
import type { ContainerProcess, Runtime } from '../../runtime/runtime.ts';
import type { ResolvedUser } from '../../runtime/users.ts';
import type { Ledger } from '../../store/ledger.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import { type Clock, formatTime, ZERO_TIME } from '../clock.ts';
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';
import { runEffects, runOwner } from './effects.ts';
import { emitContainerEvent } from './event.ts';
import { type ContainerDirectories, writeContainerFiles } from './files.ts';
import type { Io } from './io.ts';
import { emitNetworkEvents } from './network-event.ts';
import { openIo } from './open-io.ts';
import { type RemoveDependencies, removeStopped } from './remove.ts';
import { createBindSources } from './sources.ts';
import { buildSpec, type SpecHost } from './spec/build.ts';
import { givenDevices } from './spec/devices.ts';
import { requireStartable } from './state.ts';
import type { ContainerStore } from './store.ts';

/** Resolves `user[:group]` and --group-add by the files of a root file system. */
export type ResolveUser = (rootfs: RootfsMount, user: string, groupAdd: readonly string[]) => ResolvedUser;

export interface StartDependencies extends RemoveDependencies {
  readonly containers: ContainerStore;
  readonly native: Native;
  readonly runtime: Runtime;
  readonly network: NetworkService;
  readonly layers: Pick<LayerStore, 'containerLayer' | 'removeContainerLayer'>;
  readonly directories: ContainerDirectories;
  readonly ledger: Ledger;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly specHost: SpecHost;
  readonly resolveUser: ResolveUser;
  /** Called when a run has begun; it sees to its end. */
  readonly watchRun: (container: Container, run: StartedRun) => void;
}

export interface StartedRun {
  readonly process: ContainerProcess;
  readonly io: Io;
  readonly startedAt: bigint;
}

/** Throws not_modified when it runs, conflict when it cannot be started, and what the runtime says. */
export function startContainer(dependencies: StartDependencies, container: Container): Promise<void> {
  return container.exclusive.run(async () => {
    requireStartable(container.record.state.status);
    try {
      await startRun(dependencies, container);
    } catch (error) {
      await recordFailure(dependencies, container, error);
      throw error;
    }
  });
}

async function startRun(dependencies: StartDependencies, container: Container): Promise<void> {
  const { containers, network, native, events, clock, ledger, directories } = dependencies;
  const { id, hostConfig } = container.record;
  const attachment = network.attach({
    containerId: id,
    mode: hostConfig.NetworkMode,
    ...macAddress(container),
    effects: runEffects(ledger, id),
  });
  createBindSources(hostConfig);
  const io = openIo(native, container.record, directories.logPath(id));
  let process: ContainerProcess;
  try {
    container.attachments.connectAll(io);
    process = await startProcess(dependencies, container, { attachment, io });
  } catch (error) {
    io.abandon();
    throw error;
  }
  io.started(process.terminal);
  const startedAt = clock();
  containers.transition(
    container,
    {
      status: 'running',
      pid: process.pid,
      exitCode: 0,
      error: '',
      oomKilled: false,
      startedAt: formatTime(startedAt),
      finishedAt: container.record.state.finishedAt,
    },
    { endpoints: attachment.endpoints },
  );
  emitNetworkEvents(events, container, 'connect');
  emitContainerEvent(events, container, 'start');
  dependencies.watchRun(container, { process, io, startedAt });
}

async function startProcess(
  { network, layers, directories, runtime, ledger, specHost, resolveUser }: StartDependencies,
  container: Container,
  { attachment, io }: { readonly attachment: NetworkAttachment; readonly io: Io },
): Promise<ContainerProcess> {
  const { record } = container;
  const files = directories.files(record.id);
  writeContainerFiles({ record, files, endpoints: attachment.endpoints, network });
  const { rootfs } = layers.containerLayer(record.id);
  const spec = buildSpec({
    record,
    user: resolveUser(rootfs, record.config.User, record.hostConfig.GroupAdd ?? []),
    network: attachment.namespace,
    files,
    devices: givenDevices(record.hostConfig),
    host: specHost,
  });
  return runtime.start({
    id: record.id,
    spec,
    rootfs,
    stdio: io.stdio,
    ...(attachment.namespace === 'new' ? { networkSetup: attachment.setup } : {}),
    effects: runEffects(ledger, record.id),
  });
}

function macAddress({ record }: Container): { macAddress?: string } {
  const address = record.config.MacAddress;
  return address === undefined || address === '' ? {} : { macAddress: address };
}

/**
 * It stays created (or exited), with an exit code that says what was wrong; nothing of the attempt stays. With --rm it goes:
 * `docker run` waits for that.
 */
async function recordFailure(dependencies: StartDependencies, container: Container, error: unknown): Promise<void> {
  const { containers, network, ledger, log, clock, runtime } = dependencies;
  const { id, state } = container.record;
  const neverRan = state.startedAt === ZERO_TIME;
  network.detach(id);
  await runtime.delete(id);
  await ledger.undo(runOwner(id)).catch((cleanup: unknown) => {
    log.error('a failed start could not be undone completely', { container: id, error: messageOf(cleanup) });
  });
  containers.transition(
    container,
    {
      status: neverRan ? 'created' : 'exited',
      pid: 0,
      exitCode: exitCodeOf(error),
      error: messageOf(error),
      ...(neverRan ? {} : { finishedAt: formatTime(clock()) }),
    },
    { endpoints: [] },
  );
  container.attachments.dismissAll();
  log.warn('a container could not be started', { container: id, error: messageOf(error) });
  if (container.record.hostConfig.AutoRemove) await removeStopped(dependencies, container);
}

/** 127 and 126 as a shell has them for a missing or forbidden program, 128 for everything else. */
function exitCodeOf(error: unknown): number {
  if (error instanceof TskerError && error.code === 'command_not_found') return 127;
  if (error instanceof TskerError && error.code === 'command_not_executable') return 126;
  return 128;
}
