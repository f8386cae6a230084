// A container that has outlived its daemon becomes this one's: streams, log, network, checks, and its end, which may have come
// meanwhile. What cannot be taken up is ended, and counts as killed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RootfsMount } from '../../graphdriver/driver.ts';
import type { Spec } from '../../runtime/spec.ts';
import { INIT, type TaskInfo } from '../../types/containerd.ts';
import { messageOf } from '../../util/errors.ts';
import { parseTimestamp } from '../clock.ts';
import type { Container } from '../container/container.ts';
import { runEffects, runOwner } from '../container/effects.ts';
import { withInitLayer } from '../container/init-layer.ts';
import { namesOf, withLinkNames } from '../container/launch.ts';
import { bridgeLinks, linkedPorts } from '../container/links.ts';
import { volumesOf } from '../container/mounts/of-record.ts';
import { mountUser } from '../container/mounts/run-volumes.ts';
import { closeLogAfter, openLog } from '../container/open-log.ts';
import type { StartDependencies } from '../container/start.ts';
import { type ReviveExecsDependencies, reviveExecs } from './revive-execs.ts';
import type { SplitRuntime } from './runtime.ts';
import type { SplitStreams } from './streams.ts';
import type { TaskDirectories } from './task-directory.ts';

export interface ReviveDependencies
  extends Omit<StartDependencies, 'streams' | 'runtime' | 'execs'>,
    ReviveExecsDependencies {
  readonly streams: SplitStreams;
  readonly runtime: SplitRuntime;
  readonly tasks: TaskDirectories;
}

/** False: it could not be taken up, and has been ended. */
export async function revive(dependencies: ReviveDependencies, container: Container, task: TaskInfo): Promise<boolean> {
  const { log, runtime, ledger } = dependencies;
  try {
    await takeUp(dependencies, container, task);
    return true;
  } catch (error) {
    log.error('a container that runs could not be taken up and is ended', {
      container: container.id,
      error: messageOf(error),
    });
    await runtime.end(container.id);
    await ledger.undo(runOwner(container.id));
    return false;
  }
}

async function takeUp(dependencies: ReviveDependencies, container: Container, task: TaskInfo): Promise<void> {
  const { containers, native, streams, runtime, layers, tasks, initLayer, ledger, volumes } = dependencies;
  const { id, record } = container;
  const spec = JSON.parse(readFileSync(join(tasks.of(id), 'config.json'), 'utf8')) as Spec;
  const release = await layers.holdContainer(id);
  const rootfs: RootfsMount = withInitLayer(layers.containerLayer(id).rootfs, initLayer);
  for (const mount of volumesOf(record)) {
    await volumes.mount(mount.name, mountUser(id, mount));
    container.mountedVolumes.push(mount);
  }
  const log = await openLog(dependencies, record);
  const io = streams.reopen(record, {
    ...{ native, sinks: log.sinks, effects: runEffects(ledger, id) },
    onLogLost: (loss) => dependencies.log.warn('lines of output are not in the log', { container: id, ...loss }),
  });
  closeLogAfter(io, log, { log: dependencies.log, id });
  container.io = io;
  void io.finished.then(() => {
    if (container.io === io) container.io = undefined;
  });
  const process = runtime.adopt(task, { spec, rootfs });
  io.started(process);
  await restoreNetwork(dependencies, container, task);
  const { status } = record.state;
  if (task.status === 'paused' && status === 'running') containers.transition(container, { status: 'paused' });
  if (task.status === 'running' && status === 'paused') containers.transition(container, { status: 'running' });
  dependencies.watchRun(container, {
    ...{ process, io, log, spec, rootfs, release },
    startedAt: parseTimestamp(record.state.startedAt),
  });
  reviveExecs(dependencies, container, task);
  // What has ended since the list was made was told to nobody.
  await runtime.catchUp();
}

async function restoreNetwork(
  { containers, network, runtime }: Pick<ReviveDependencies, 'containers' | 'network' | 'runtime'>,
  { id, record }: Container,
  task: TaskInfo,
): Promise<void> {
  const { endpoints, networks = {}, ports = {}, hostConfig } = record;
  if (endpoints.length === 0) return;
  const change = network.restore({
    ...namesOf(record),
    configs: Object.values(networks).map((config) => withLinkNames(containers, config)),
    dns: hostConfig.Dns ?? [],
    ...{ endpoints, ports },
  });
  const links = bridgeLinks(containers, record);
  if (links.length > 0) network.link(id, linkedPorts(links, endpoints));
  const isRunning = task.processes.some(({ name, exitCode }) => name === INIT && exitCode === undefined);
  if (change.sockets > 0 && isRunning) network.serve(id, await runtime.setUpNetwork(id, change));
}
