// docker inspect: everything that is known of one container.
import type { LayerStore } from '../../layer/store.types.ts';
import type { ContainerInspect, ContainerState } from '../../types/container.ts';
import type { ExecStore } from '../exec/store.ts';
import { shownLogPath } from '../logging/place.ts';
import type { Container } from './container.ts';
import type { ContainerDirectories } from './files.ts';
import type { Health } from './health.ts';
import { joinedReference } from './joined.ts';
import { mountsOf } from './mounts/of-record.ts';
import { toMountPoints } from './mounts/types.ts';
import { networkSettings } from './network-settings.ts';
import type { StateRecord } from './record.ts';
import type { SpecHost } from './spec/build.ts';
import { apparmorProfile } from './spec/security.ts';

export interface InspectDependencies {
  readonly layers: Pick<LayerStore, 'containerLayer' | 'containerSize'>;
  readonly directories: ContainerDirectories;
  readonly execs: Pick<ExecStore, 'liveOf'>;
  readonly specHost: Pick<SpecHost, 'apparmor'>;
}

export async function inspectContainer(
  { layers, directories, execs, specHost }: InspectDependencies,
  container: Container,
  { size }: { readonly size: boolean },
): Promise<ContainerInspect> {
  const { record } = container;
  const files = directories.files(joinedReference(record.hostConfig.NetworkMode) ?? record.id);
  const execIds = execs.liveOf(record.id).map(({ id }) => id);
  const sizes = size ? await layers.containerSize(record.id) : undefined;
  return {
    Id: record.id,
    Created: record.created,
    Path: record.path,
    Args: record.args,
    State: toState(record.state, container.health),
    Image: record.imageId,
    ResolvConfPath: files.resolvConf,
    HostnamePath: files.hostname,
    HostsPath: files.hosts,
    LogPath: shownLogPath(record.hostConfig.LogConfig, directories.place(record.id)),
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: record.driver,
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: apparmorProfile(record.hostConfig, specHost.apparmor),
    ExecIDs: execIds.length === 0 ? null : execIds,
    HostConfig: record.hostConfig,
    GraphDriver: { Data: graphData(layers, record.id), Name: record.driver },
    ...(sizes === undefined ? {} : { SizeRw: sizes.sizeRw, SizeRootFs: sizes.sizeRootFs }),
    Mounts: toMountPoints(mountsOf(record)),
    Config: record.config,
    NetworkSettings: networkSettings(record),
  };
}

/** A container whose layer is gone (a removal that failed half way) can still be looked at. */
function graphData(layers: InspectDependencies['layers'], id: string): Record<string, string> | null {
  try {
    return layers.containerLayer(id).metadata;
  } catch {
    return null;
  }
}

function toState(state: StateRecord, health: Health | undefined): ContainerState {
  const { status } = state;
  return {
    Status: status,
    Running: status === 'running' || status === 'paused' || status === 'restarting',
    Paused: status === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: state.oomKilled,
    Dead: status === 'dead',
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt,
    FinishedAt: state.finishedAt,
    ...(health === undefined
      ? {}
      : { Health: { Status: health.status, FailingStreak: health.failingStreak, Log: health.log } }),
  };
}
