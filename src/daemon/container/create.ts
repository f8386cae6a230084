// docker create: checks the request, merges the image under it, makes the writable layer and the container's directory.
// It starts nothing.
import type { CreateOptions } from '../../api/container/backend.ts';
import type { Image, ImageStore } from '../../image/store.types.ts';
import { openLayerRoot, type Root } from '../../layer/archive-root.ts';
import type { LayerStore } from '../../layer/store.types.ts';
import type { NetworkService } from '../../network/network.ts';
import type { LimitSupport } from '../../runtime/cgroup/support.ts';
import type { Reserve } from '../../store/reserve.ts';
import type { CreateResponse } from '../../types/container.ts';
import type { ContainerConfig, HostConfig, LogConfig } from '../../types/container-config.ts';
import { messageOf, TskerError, withCleanupFailure } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import type { Turns } from '../../util/turns.ts';
import type { Volumes } from '../../volume/volumes.ts';
import { type Clock, formatTime, ZERO_TIME } from '../clock.ts';
import type { EventSink } from '../events.ts';
import type { UserNamespaces } from '../userns/remapped.ts';
import type { Container } from './container.ts';
import { completeConfig, completeHostConfig } from './defaults.ts';
import { endpointConfigs } from './endpoint-configs.ts';
import { emitContainerEvent } from './event.ts';
import type { ContainerDirectories } from './files.ts';
import { joinedReference, resolveModes } from './joined.ts';
import { discardLimits } from './limit-warnings.ts';
import { parseLinks } from './links.ts';
import { commandOf, mergeImageConfig } from './merge.ts';
import { leaveVolumes, type MakeVolumesRequest, makeVolumes } from './mounts/make-volumes.ts';
import { mountsOf } from './mounts/of-record.ts';
import type { VolumeMount, WantedMount } from './mounts/types.ts';
import { wantedMounts } from './mounts/wanted.ts';
import { checkName, makeId, makeName } from './names.ts';
import type { ContainerRecord } from './record.ts';
import { requireBindSources } from './sources.ts';
import type { ContainerStore } from './store.ts';
import { validateConfig, validateHostConfig } from './validate.ts';
import { checkConflicts, checkUserNamespace } from './validate-modes.ts';
import { validateResources } from './validate-resources.ts';

/** What does not change while the daemon lives, and decides defaults and limits. */
export interface CreateHost {
  readonly hostname: string;
  readonly processors: number;
  /** As the kernel lists them, `0-1,3`. */
  readonly memoryNodes: string;
  readonly cgroupnsMode: string;
  readonly defaultNetwork: string;
  readonly defaultLog: LogConfig;
  /** The runtime's name, as HostConfig.Runtime says it. */
  readonly runtime: string;
  /** Asked when a container is made: it takes cgroups to find out. */
  readonly limits: () => LimitSupport;
}

export interface CreateDependencies {
  readonly containers: ContainerStore;
  readonly images: Pick<ImageStore, 'resolve'>;
  readonly layers: Pick<
    LayerStore,
    'createContainerLayer' | 'removeContainerLayer' | 'containerLayer' | 'holdContainer' | 'driverName'
  >;
  readonly network: Pick<NetworkService, 'find'>;
  readonly directories: ContainerDirectories;
  readonly reserve: Pick<Reserve, 'require'>;
  readonly native: MakeVolumesRequest['native'];
  readonly volumes: MakeVolumesRequest['volumes'] & Pick<Volumes, 'keep' | 'release' | 'remove'>;
  readonly log: Logger;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly host: CreateHost;
  readonly userns: UserNamespaces;
  readonly turns: Pick<Turns, 'take'>;
}

export async function createContainer(
  dependencies: CreateDependencies,
  options: CreateOptions,
): Promise<CreateResponse> {
  const { containers, images, events, reserve, turns } = dependencies;
  await turns.take();
  const given = options.name === undefined ? undefined : checkName(options.name);
  const image = images.resolve(requireImage(options));
  reserve.require();
  const id = makeId();
  const name = given ?? makeName((one) => containers.hasName(one));
  using _name = containers.reserveName(name, id);
  const { record, wanted, warnings } = makeRecord(dependencies, options, { image, name, id });
  const container = await makeContainer(dependencies, { record, wanted, image });
  emitContainerEvent(events, container, 'create');
  return { Id: id, Warnings: warnings };
}

function requireImage({ body }: CreateOptions): string {
  if (body.Image) return body.Image;
  const hasCommand = (body.Cmd ?? body.Entrypoint ?? []).length > 0;
  throw new TskerError('invalid', hasCommand ? 'no image specified' : 'No command specified');
}

interface Identity {
  readonly id: string;
  readonly name: string;
  readonly image: Image;
}

function makeRecord(
  { containers, layers, clock, host, network, userns }: CreateDependencies,
  { body, platform }: CreateOptions,
  { id, name, image }: Identity,
): { record: ContainerRecord; wanted: readonly WantedMount[]; warnings: readonly string[] } {
  checkPlatform(image, platform, body.Image ?? '');
  const { oomKillDisable } = host.limits();
  const request = { ...host, body, id, hostHostname: host.hostname, oomKillDisable };
  checkConflicts(body);
  const complete = resolveModes(containers, completeHostConfig(request));
  const { hostConfig, warnings } = discardLimits(complete, host.limits());
  const config = {
    ...mergeImageConfig(completeConfig(request), image.config.config),
    ...joinedNames(containers, hostConfig),
  };
  validateConfig(config);
  validateHostConfig(hostConfig, { runtime: host.runtime });
  validateResources(hostConfig, host);
  checkUserNamespace(hostConfig, userns.of(hostConfig) !== undefined);
  const wanted = wantedMounts({
    config,
    hostConfig,
    mountsOf: (reference) => mountsOf(containers.resolve(reference).record),
  });
  requireBindSources(wanted);
  const networks = endpointConfigs(network, { body, hostConfig });
  if (hostConfig.NetworkMode === 'bridge') parseLinks(containers, hostConfig);
  const record: ContainerRecord = {
    id,
    name,
    created: formatTime(clock()),
    ...commandOf(config),
    imageId: image.id,
    config,
    hostConfig,
    driver: layers.driverName,
    state: {
      status: 'created',
      pid: 0,
      exitCode: 0,
      error: '',
      oomKilled: false,
      startedAt: ZERO_TIME,
      finishedAt: ZERO_TIME,
    },
    networks,
    endpoints: [],
    restartCount: 0,
  };
  return { record, wanted, warnings };
}

/** Who shares a network shares the names that go with it. */
function joinedNames(
  containers: ContainerStore,
  { NetworkMode: mode }: HostConfig,
): Partial<Pick<ContainerConfig, 'Hostname' | 'Domainname'>> {
  const other = containers.get(joinedReference(mode) ?? '')?.record.config;
  return other === undefined ? {} : { Hostname: other.Hostname, Domainname: other.Domainname };
}

/** An image of another platform counts as none, so that the client pulls the right one (API 1.41). */
function checkPlatform({ config }: Image, wanted: string | undefined, reference: string): void {
  if (wanted === undefined) return;
  const [os, architecture] = wanted.split('/');
  if (os === config.os && (architecture === undefined || architecture === config.architecture)) return;
  throw new TskerError(
    'not_found',
    `image with reference ${reference} was found but its platform (${config.os}/${config.architecture}) does not match the specified platform (${wanted})`,
  );
}

/** Directory, layer, volumes and row, or nothing of them. */
async function makeContainer(
  dependencies: CreateDependencies,
  { record, wanted, image }: { record: ContainerRecord; wanted: readonly WantedMount[]; image: Image },
): Promise<Container> {
  const { containers, directories, layers, native, volumes } = dependencies;
  const { id } = record;
  const held: VolumeMount[] = [];
  try {
    directories.create(id);
    await layers.createContainerLayer(id, image.chainId);
    const mounts = await makeVolumes({
      native,
      volumes,
      containerId: id,
      wanted,
      openRoot: () => openContainerLayer(dependencies, id),
      onHeld: (mount) => void held.push(mount),
    });
    const container = containers.insert({ ...record, mounts });
    for (const { name, anonymous } of held) if (anonymous) volumes.keep(name);
    return container;
  } catch (error) {
    try {
      await undoCreate(dependencies, id, held);
    } catch (cleanup) {
      throw withCleanupFailure(error, cleanup);
    }
    throw error;
  }
}

async function undoCreate(
  { layers, directories, volumes, log }: CreateDependencies,
  id: string,
  mounts: readonly VolumeMount[],
): Promise<void> {
  await layers.removeContainerLayer(id);
  await directories.remove(id);
  await leaveVolumes({
    volumes,
    containerId: id,
    mounts,
    remove: true,
    onFailure: (volume, error) => log.error('a volume could not be removed', { volume, error: messageOf(error) }),
  });
}

/** To read what the image has. The driver's hold on the layer lasts as long as the root. */
async function openContainerLayer({ native, layers }: CreateDependencies, id: string): Promise<Root> {
  const release = await layers.holdContainer(id);
  try {
    const { fd, close } = await openLayerRoot(native, { rootfs: layers.containerLayer(id).rootfs, readOnly: true });
    return { fd, close: () => close().finally(release) };
  } catch (error) {
    await release();
    throw error;
  }
}
