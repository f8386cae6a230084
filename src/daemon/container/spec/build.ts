// A container's record, its user and its network attachment in, the OCI spec out. Pure: what has to be looked up on the host
// comes with the request.
import { defaultLinux, OCI_VERSION, processCapabilities } from '../../../runtime/default-spec.ts';
import { INIT_ANNOTATION } from '../../../runtime/plan/start.ts';
import type { SeccompProfile } from '../../../runtime/seccomp/profile.ts';
import type { Linux, Namespace, NamespaceType, Process, Seccomp, Spec } from '../../../runtime/spec.ts';
import type { ResolvedUser } from '../../../runtime/users.ts';
import type { HostConfig } from '../../../types/container-config.ts';
import { mountsOf } from '../mounts/of-record.ts';
import type { ContainerRecord } from '../record.ts';
import type { GivenDevice } from './devices.ts';
import { buildEnvironment } from './environment.ts';
import { buildMounts, type ContainerFiles, rootPropagation } from './mounts.ts';
import { buildResources, buildRlimits, type DeviceNumbers } from './resources.ts';
import { type AppArmorHost, apparmorProfile, buildCapabilities, parseSecurityOptions } from './security.ts';

/** What the host can give. */
export interface SpecHost {
  /** All capabilities its kernel knows. */
  readonly capabilities: readonly string[];
  /** The profile resolved for a bounding set; the same object for the same set, so that its program is compiled once. */
  readonly seccomp: (profile: 'default' | SeccompProfile, capabilities: readonly string[]) => Seccomp;
  readonly deviceNumbers: DeviceNumbers;
  readonly apparmor: AppArmorHost;
}

export interface SpecRequest {
  readonly record: ContainerRecord;
  readonly user: Pick<ResolvedUser, 'uid' | 'gid' | 'additionalGids'>;
  /** Of the network attachment. */
  readonly network: 'new' | 'host';
  /** Of a user namespace; absent: the container has the host's ids. */
  readonly remapped?: Pick<Linux, 'uidMappings' | 'gidMappings'> | undefined;
  /** Namespaces of other containers, by their paths. */
  readonly joined?: Partial<Readonly<Record<NamespaceType, string>>>;
  /** Host path that /dev/shm is bound from; undefined: a tmpfs of its own. */
  readonly sharedMemory?: string | undefined;
  readonly files: ContainerFiles;
  readonly devices: readonly GivenDevice[];
  readonly host: SpecHost;
}

export function buildSpec(request: SpecRequest): Spec {
  const { config, hostConfig } = request.record;
  const ownNames = hostConfig.UTSMode !== 'host';
  const user = mountsOf(request.record);
  const propagation = rootPropagation(user);
  const linux = buildLinux(request);
  return {
    ociVersion: OCI_VERSION,
    process: buildProcess(request),
    root: { path: 'rootfs', readonly: hostConfig.ReadonlyRootfs },
    ...(ownNames ? { hostname: config.Hostname } : {}),
    ...(ownNames && config.Domainname !== '' ? { domainname: config.Domainname } : {}),
    mounts: buildMounts({ hostConfig, user, files: request.files, sharedMemory: request.sharedMemory }),
    linux: propagation === undefined ? linux : { ...linux, rootfsPropagation: propagation },
    annotations: { ...hostConfig.Annotations, ...(hostConfig.Init === true ? { [INIT_ANNOTATION]: 'true' } : {}) },
  };
}

function buildProcess({ record, user, host }: SpecRequest): Process {
  const { config, hostConfig, path, args } = record;
  const { noNewPrivileges } = parseSecurityOptions(hostConfig.SecurityOpt);
  const apparmor = apparmorProfile(hostConfig, host.apparmor);
  const [height, width] = hostConfig.ConsoleSize;
  return {
    terminal: config.Tty,
    ...(config.Tty ? { consoleSize: { height, width } } : {}),
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: [path, ...args],
    env: buildEnvironment(config),
    cwd: config.WorkingDir === '' ? '/' : config.WorkingDir,
    capabilities: processCapabilities(user.uid, buildCapabilities(hostConfig, host.capabilities)),
    rlimits: buildRlimits(hostConfig.Ulimits),
    noNewPrivileges,
    ...(apparmor === '' ? {} : { apparmorProfile: apparmor }),
    oomScoreAdj: hostConfig.OomScoreAdj,
  };
}

function buildLinux({ record, network, joined = {}, remapped, devices, host }: SpecRequest): Linux {
  const { id, hostConfig } = record;
  const seccomp = buildSeccomp(hostConfig, host);
  const base = defaultLinux({
    shared: sharedNamespaces(hostConfig, network),
    cgroupNamespace: hostConfig.CgroupnsMode === 'private',
    userNamespace: remapped !== undefined,
    privileged: hostConfig.Privileged,
  });
  return {
    ...base,
    namespaces: joinNamespaces(base.namespaces, joined),
    devices: devices.map(({ device }) => device),
    resources: buildResources({
      hostConfig,
      devices: hostConfig.Privileged ? [] : devices,
      deviceNumbers: host.deviceNumbers,
    }),
    ...(remapped === undefined ? {} : { uidMappings: remapped.uidMappings, gidMappings: remapped.gidMappings }),
    sysctl: { ...(network === 'new' ? base.sysctl : {}), ...hostConfig.Sysctls },
    ...(hostConfig.CgroupParent === '' ? {} : { cgroupsPath: `${hostConfig.CgroupParent}/${id}` }),
    ...(seccomp === undefined ? {} : { seccomp }),
    maskedPaths: hostConfig.MaskedPaths ?? [],
    readonlyPaths: hostConfig.ReadonlyPaths ?? [],
  };
}

function joinNamespaces(
  own: readonly Namespace[],
  joined: Partial<Readonly<Record<NamespaceType, string>>>,
): readonly Namespace[] {
  const others = Object.entries(joined).map(([type, path]): Namespace => ({ type: type as NamespaceType, path }));
  return [...own.filter(({ type }) => joined[type] === undefined), ...others];
}

function sharedNamespaces(hostConfig: HostConfig, network: 'new' | 'host'): NamespaceType[] {
  const shared: NamespaceType[] = network === 'host' ? ['network'] : [];
  if (hostConfig.PidMode === 'host') shared.push('pid');
  if (hostConfig.IpcMode === 'host') shared.push('ipc');
  if (hostConfig.UTSMode === 'host') shared.push('uts');
  return shared;
}

/** A privileged container is unconfined unless it is given a profile of its own. */
function buildSeccomp(hostConfig: HostConfig, host: SpecHost): Seccomp | undefined {
  const { seccomp } = parseSecurityOptions(hostConfig.SecurityOpt);
  if (seccomp === 'unconfined' || (seccomp === 'default' && hostConfig.Privileged)) return undefined;
  return host.seccomp(seccomp, buildCapabilities(hostConfig, host.capabilities));
}
