// From a container's record to its process: writes its files, resolves its user, builds the spec, and hands all to the
// runtime. What it makes is in the ledger; it cleans nothing up.
import type { RootfsMount } from '../../graphdriver/driver.ts';
import type { LayerStore } from '../../layer/store.types.ts';
import type { Native } from '../../native/native.ts';
import type { Attachment, ContainerNames, EndpointConfig, NetworkService } from '../../network/network.ts';
import { type WantedPort, wantedPorts } from '../../network/ports/wanted.ts';
import type { Recorder } from '../../runtime/explain/recorder.ts';
import { during } from '../../runtime/narration.ts';
import type { ContainerProcess, Runtime, StartRequest } from '../../runtime/runtime.ts';
import type { NamespaceType, Spec } from '../../runtime/spec.ts';
import type { ResolvedUser } from '../../runtime/users.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { HostConfig } from '../../types/container-config.ts';
import { tellRootfs } from '../explain/facts.ts';
import { STEPS } from '../explain/steps.ts';
import type { Remapped, UserNamespaces } from '../userns/remapped.ts';
import type { Container } from './container.ts';
import { runEffects } from './effects.ts';
import { type ContainerDirectories, writeContainerFiles } from './files.ts';
import { withInitLayer } from './init-layer.ts';
import { type Joined, joinedReference, requireJoined, requireSameIds } from './joined.ts';
import { bridgeLinks, type Link, linkEnvironment, linkedHosts, linkedPorts } from './links.ts';
import type { UserMount } from './mounts/types.ts';
import type { ContainerRecord } from './record.ts';
import { mountSharedMemory } from './shared-memory.ts';
import { buildSpec, type SpecHost } from './spec/build.ts';
import { givenDevices } from './spec/devices.ts';
import { mergeEnvironment } from './spec/environment.ts';
import type { ContainerFiles } from './spec/mounts.ts';
import type { ContainerStore } from './store.ts';

/** Resolves `user[:group]` and --group-add by the files of a root file system. */
export type ResolveUser = (rootfs: RootfsMount, user: string, groupAdd: readonly string[]) => ResolvedUser;

export interface LaunchDependencies {
  readonly containers: Pick<ContainerStore, 'resolve'>;
  readonly native: Native;
  readonly runtime: Runtime;
  readonly network: NetworkService;
  readonly layers: Pick<LayerStore, 'containerLayer' | 'holdContainer'>;
  readonly directories: ContainerDirectories;
  readonly ledger: Ledger;
  readonly specHost: SpecHost;
  readonly resolveUser: ResolveUser;
  /** The directory of the layer below all images. */
  readonly initLayer: string;
  readonly userns: UserNamespaces;
}

export interface LaunchRequest {
  readonly attachment: Attachment;
  /** The user's, with the paths that volumes have for this run. */
  readonly mounts: readonly UserMount[];
  readonly stdio: StartRequest['stdio'];
  /** Of a start that is to be explained. */
  readonly recorder: Recorder | undefined;
}

export interface Launched {
  readonly process: ContainerProcess;
  readonly spec: Spec;
  /** As files are looked up in it from here. */
  readonly rootfs: RootfsMount;
}

/** Resolves when the program runs. */
export async function launch(
  dependencies: LaunchDependencies,
  record: ContainerRecord,
  { attachment, mounts, stdio, recorder }: LaunchRequest,
): Promise<Launched> {
  const { containers, network, layers, directories, runtime, ledger, specHost, resolveUser } = dependencies;
  const { id, config, hostConfig } = record;
  const remapped = dependencies.userns.of(hostConfig);
  const joined = requireJoined(containers, record);
  const usernsDonor = remapped === undefined ? undefined : requireSameIds(joined, dependencies.userns);
  const files = directories.files(joined.network?.id ?? id);
  const links = bridgeLinks(containers, record);
  if (joined.network === undefined) {
    const { endpoints } = attachment;
    during(recorder, STEPS.files, () =>
      writeContainerFiles({ record, files, endpoints, links: linkedHosts(links), network }),
    );
  }
  if (links.length > 0) network.link(id, linkedPorts(links, attachment.endpoints));
  const sharedMemory = await during(recorder, STEPS.sharedMemory, () =>
    prepareSharedMemory(dependencies, record, joined),
  );
  const layer = during(recorder, STEPS.layer, () => layers.containerLayer(id));
  const rootfs = withInitLayer(layer.rootfs, dependencies.initLayer);
  if (recorder !== undefined) tellRootfs(recorder, record.driver, { ...layer, rootfs });
  const user = during(recorder, STEPS.user, () => resolveUser(rootfs, config.User, hostConfig.GroupAdd ?? []));
  const spec = during(recorder, STEPS.spec, () =>
    buildSpec({
      record: { ...withLinkEnvironment(record, links), mounts },
      user,
      network: attachment.namespace,
      remapped,
      joined: namespacePaths(joined, usernsDonor),
      sharedMemory,
      files: remapped === undefined ? files : mapFiles(files, remapped),
      devices: givenDevices(hostConfig),
      host: specHost,
    }),
  );
  const effects = runEffects(ledger, id);
  const process = await runtime.start({
    id,
    spec,
    rootfs: remapped?.rootfs(rootfs) ?? rootfs,
    stdio,
    ...(attachment.namespace === 'new' ? { networkSetup: attachment.setup, networkSockets: attachment.sockets } : {}),
    effects: recorder?.effects(effects) ?? effects,
    ...(recorder === undefined ? {} : { watch: recorder }),
  });
  during(recorder, STEPS.serve, () => network.serve(id, process.sockets));
  return { process, spec, rootfs };
}

/** What the user and the image say goes over what links say. */
function withLinkEnvironment(record: ContainerRecord, links: readonly Link[]): ContainerRecord {
  if (links.length === 0) return record;
  const { config, name } = record;
  return { ...record, config: { ...config, Env: mergeEnvironment(linkEnvironment(links, name), config.Env ?? []) } };
}

/** Where /dev/shm comes from when others have it as well; undefined: it is mounted inside. */
async function prepareSharedMemory(
  { native, directories, ledger, userns }: LaunchDependencies,
  { id, hostConfig }: ContainerRecord,
  { ipc }: Joined,
): Promise<string | undefined> {
  const seenBy = (owner: HostConfig, path: string): string => userns.of(owner)?.path(path) ?? path;
  if (ipc !== undefined) return seenBy(ipc.record.hostConfig, directories.sharedMemory(ipc.id));
  if (hostConfig.IpcMode !== 'shareable') return undefined;
  const path = directories.sharedMemory(id);
  const mountPoint = seenBy(hostConfig, path);
  const owner = userns.of(hostConfig)?.root ?? { uid: 0, gid: 0 };
  await mountSharedMemory(native, {
    ...{ path, mountPoint, owner },
    size: hostConfig.ShmSize,
    effects: runEffects(ledger, id),
  });
  return mountPoint;
}

/** The three files as a container with mapped ids finds them. */
export function mapFiles({ hosts, hostname, resolvConf }: ContainerFiles, { path }: Remapped): ContainerFiles {
  return { hosts: path(hosts), hostname: path(hostname), resolvConf: path(resolvConf) };
}

/** A joined container runs: its first process is in the namespaces for as long. */
function namespacePaths(joined: Joined, usernsDonor: Container | undefined): Partial<Record<NamespaceType, string>> {
  const path = (one: Container | undefined, file: string): string => `/proc/${one?.record.state.pid}/ns/${file}`;
  return {
    ...(joined.network === undefined ? {} : { network: path(joined.network, 'net') }),
    ...(joined.ipc === undefined ? {} : { ipc: path(joined.ipc, 'ipc') }),
    ...(joined.pid === undefined ? {} : { pid: path(joined.pid, 'pid') }),
    ...(usernsDonor === undefined ? {} : { user: path(usernsDonor, 'user') }),
  };
}

/** The network of another needs no attachment of its own. */
export async function attachNetwork(
  { network, ledger, containers }: Pick<LaunchDependencies, 'network' | 'ledger' | 'containers'>,
  record: ContainerRecord,
  recorder?: Recorder,
): Promise<Attachment> {
  const { id, hostConfig, networks = {} } = record;
  if (joinedReference(hostConfig.NetworkMode) !== undefined) {
    return { namespace: 'host', setup: () => [], sockets: 0, endpoints: [], ports: {} };
  }
  const effects = runEffects(ledger, id);
  const request = {
    ...namesOf(record),
    mode: hostConfig.NetworkMode,
    endpoints: Object.values(networks).map((config) => withLinkNames(containers, config)),
    dns: hostConfig.Dns ?? [],
    ports: portsOf(record),
    effects: recorder?.effects(effects) ?? effects,
  };
  const reserved = network.reserve(request);
  if (reserved !== undefined) await reserved;
  const attachment = network.attach(request);
  return attachment.prepare === undefined ? attachment : await attachment.prepare();
}

function portsOf({ config, hostConfig }: ContainerRecord): WantedPort[] {
  return wantedPorts({
    bindings: hostConfig.PortBindings ?? {},
    exposed: Object.keys(config.ExposedPorts ?? {}),
    all: hostConfig.PublishAllPorts,
  });
}

/** By what others on its networks find it. */
export function namesOf({ id, name, config }: ContainerRecord): ContainerNames {
  return { containerId: id, name, hostname: config.Hostname };
}

/** Links name containers in any way; the names that are answered are those of the moment. */
export function withLinkNames(containers: Pick<ContainerStore, 'resolve'>, config: EndpointConfig): EndpointConfig {
  const resolved = (link: string): string => {
    const [reference = '', alias = reference] = link.split(':');
    try {
      return `${containers.resolve(reference).record.name}:${alias}`;
    } catch {
      // It may come later under that name.
      return link;
    }
  };
  return config.links.length === 0 ? config : { ...config, links: config.links.map(resolved) };
}
