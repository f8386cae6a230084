// docker create: checks the request, merges the image under it, makes the writable layer and the container's directory.
// It starts nothing.
import type { CreateOptions } from '../../api/container/backend.ts';
import type { Image, ImageStore } from '../../image/store.types.ts';
import type { LayerStore } from '../../layer/store.types.ts';
import type { NetworkService } from '../../network/network.ts';
import type { LimitSupport } from '../../runtime/cgroup/support.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { Reserve } from '../../store/reserve.ts';
import type { ContainerConfig, CreateResponse, HostConfig, LogConfig } from '../../types/container.ts';
import { TskerError, withCleanupFailure } from '../../util/errors.ts';
import { type Clock, formatTime, ZERO_TIME } from '../clock.ts';
import type { EventSink } from '../events.ts';
import type { UserNamespaces } from '../userns/remapped.ts';
import { parseUserMounts, toMountPoint } from './binds.ts';
import type { Container } from './container.ts';
import { completeConfig, completeHostConfig } from './defaults.ts';
import { emitContainerEvent } from './event.ts';
import type { ContainerDirectories } from './files.ts';
import { joinedReference, resolveModes } from './joined.ts';
import { discardLimits } from './limit-warnings.ts';
import { commandOf, mergeImageConfig } from './merge.ts';
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
  readonly network: Pick<NetworkService, 'networks'>;
  readonly layers: Pick<LayerStore, 'createContainerLayer' | 'removeContainerLayer' | 'driverName'>;
  readonly directories: ContainerDirectories;
  readonly ledger: Pick<Ledger, 'undo'>;
  readonly reserve: Pick<Reserve, 'require'>;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly host: CreateHost;
  readonly userns: UserNamespaces;
}

export async function createContainer(
  dependencies: CreateDependencies,
  options: CreateOptions,
): Promise<CreateResponse> {
  const { containers, images, events, reserve } = dependencies;
  const given = options.name === undefined ? undefined : checkName(options.name);
  const image = images.resolve(requireImage(options));
  reserve.require();
  const id = makeId();
  const name = given ?? makeName((one) => containers.hasName(one));
  using _name = containers.reserveName(name, id);
  const { record, warnings } = makeRecord(dependencies, options, { image, name, id });
  const container = await makeContainer(dependencies, record, image);
  emitContainerEvent(events, container, 'create');
  return { Id: id, Warnings: [...warnings, ...warningsOf(options)] };
}

function requireImage({ body }: CreateOptions): string {
  if (body.Image === undefined || body.Image === '') throw new TskerError('invalid', 'no image specified');
  return body.Image;
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
): { record: ContainerRecord; warnings: readonly string[] } {
  checkPlatform(image, platform, body.Image ?? '');
  const request = { ...host, body, id, hostHostname: host.hostname };
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
  requireNetwork(network, hostConfig.NetworkMode);
  const mounts = parseUserMounts(hostConfig);
  requireBindSources(mounts);
  const record: ContainerRecord = {
    id,
    name,
    created: formatTime(clock()),
    ...commandOf(config),
    imageId: image.id,
    config,
    hostConfig,
    driver: layers.driverName,
    mountPoints: mounts.flatMap((mount) => (mount.kind === 'bind' ? [toMountPoint(mount)] : [])),
    state: {
      status: 'created',
      pid: 0,
      exitCode: 0,
      error: '',
      oomKilled: false,
      startedAt: ZERO_TIME,
      finishedAt: ZERO_TIME,
    },
    endpoints: [],
    restartCount: 0,
  };
  return { record, warnings };
}

/** Who shares a network shares the names that go with it. */
function joinedNames(
  containers: ContainerStore,
  { NetworkMode: mode }: HostConfig,
): Partial<Pick<ContainerConfig, 'Hostname' | 'Domainname'>> {
  const other = containers.get(joinedReference(mode) ?? '')?.record.config;
  return other === undefined ? {} : { Hostname: other.Hostname, Domainname: other.Domainname };
}

/** Here and not only at the start, so that `docker run` leaves nothing behind. */
function requireNetwork(network: Pick<NetworkService, 'networks'>, mode: string): void {
  if (joinedReference(mode) !== undefined) return;
  if (network.networks().some(({ name, id }) => name === mode || id === mode)) return;
  throw new TskerError('not_found', `network ${mode} not found`);
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

/** Directory, layer and row, or nothing of them. */
async function makeContainer(
  { containers, directories, layers }: CreateDependencies,
  record: ContainerRecord,
  image: Image,
): Promise<Container> {
  const { id } = record;
  try {
    directories.create(id);
    await layers.createContainerLayer(id, image.chainId);
    return containers.insert(record);
  } catch (error) {
    try {
      await layers.removeContainerLayer(id);
      await directories.remove(id);
    } catch (cleanup) {
      throw withCleanupFailure(error, cleanup);
    }
    throw error;
  }
}

/** What was accepted and has less effect than it seems. */
function warningsOf({ body }: CreateOptions): string[] {
  const warnings: string[] = [];
  for (const path of Object.keys(body.Volumes ?? {})) {
    warnings.push(`Volumes are not supported yet: ${path} is part of the container's writable layer.`);
  }
  return warnings;
}
