// /version, /info and /tsker/host: who the engine is, what it has, what it made on the host.
import { readdirSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, hostname, release, totalmem } from 'node:os';
import type { SystemInformation } from '../api/system/backend.ts';
import { API_VERSION, MIN_API_VERSION } from '../api/version.ts';
import type { ImageStore } from '../image/store.types.ts';
import type { LayerStore } from '../layer/store.types.ts';
import { describeOp } from '../native/describe.ts';
import type { LimitSupport } from '../runtime/cgroup/support.ts';
import type { Ledger, LedgerEntry } from '../store/ledger.ts';
import type { HostEffect, InfoResponse, VersionResponse } from '../types/system.ts';
import { containerOfOwner } from './container/effects.ts';
import type { ContainerStore } from './container/store.ts';
import { limitInfo, limitWarnings } from './limit-info.ts';
import { LOG_DRIVERS } from './logging/config.ts';
import type { DaemonConfig } from './options.ts';
import { ENGINE_VERSION } from './version.ts';

export interface SystemFacts {
  /** Stays the same for as long as the root does. */
  readonly engineId: string;
  /** As it is now. */
  readonly config: Pick<
    DaemonConfig,
    'dataRoot' | 'cluster' | 'logLevel' | 'labels' | 'mirrors' | 'insecureRegistries' | 'authorizationPlugins'
  >;
  readonly limits: () => LimitSupport;
  readonly cgroupMode: 'v1' | 'v2' | 'hybrid';
  readonly seccomp: boolean;
  readonly apparmor: boolean;
  /** --userns-remap. */
  readonly userns: boolean;
  /** Those that have been used. */
  readonly volumeDrivers: () => readonly string[];
  readonly runtime: string;
  readonly logDriver: string;
  /** What the host lacks. */
  readonly warnings: readonly string[];
}

export interface SystemDependencies {
  readonly facts: SystemFacts;
  readonly containers: ContainerStore;
  readonly images: Pick<ImageStore, 'list'>;
  readonly layers: Pick<LayerStore, 'driverName' | 'status'>;
  readonly ledger: Pick<Ledger, 'list'>;
  readonly events: { readonly listenerCount: number };
}

export function systemInformation(dependencies: SystemDependencies): SystemInformation {
  return {
    version,
    info: () => info(dependencies),
    hostEffects: () => dependencies.ledger.list().map(toEffect),
  };
}

function version(): VersionResponse {
  const details = {
    ApiVersion: API_VERSION,
    MinAPIVersion: MIN_API_VERSION,
    Arch: goArchitecture(),
    BuildTime: '',
    Experimental: 'false',
    GitCommit: '',
    GoVersion: `node${process.versions.node}`,
    KernelVersion: release(),
    Os: 'linux',
  };
  return {
    Platform: { Name: 'tsker' },
    Components: [{ Name: 'Engine', Version: ENGINE_VERSION, Details: details }],
    Version: ENGINE_VERSION,
    ApiVersion: details.ApiVersion,
    MinAPIVersion: details.MinAPIVersion,
    GitCommit: details.GitCommit,
    GoVersion: details.GoVersion,
    Os: details.Os,
    Arch: details.Arch,
    KernelVersion: details.KernelVersion,
    BuildTime: details.BuildTime,
  };
}

async function info({ facts, containers, images, layers, events }: SystemDependencies): Promise<InfoResponse> {
  const { config } = facts;
  const states = containers.list().map(({ record }) => record.state.status);
  const count = (wanted: (status: string) => boolean): number => states.filter(wanted).length;
  const running = count((status) => status === 'running');
  const paused = count((status) => status === 'paused');
  return {
    ID: facts.engineId,
    Containers: states.length,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: states.length - running - paused,
    Images: images.list().length,
    Driver: layers.driverName,
    DriverStatus: await layers.status(),
    Plugins: pluginsOf(facts),
    ...limitInfo(facts.limits()),
    IPv4Forwarding: readText('/proc/sys/net/ipv4/ip_forward').trim() === '1',
    Debug: config.logLevel === 'debug',
    NFd: readdirSync('/proc/self/fd').length,
    NGoroutines: Number(/^Threads:\s+(\d+)/m.exec(readText('/proc/self/status'))?.[1] ?? 0),
    SystemTime: new Date().toISOString(),
    LoggingDriver: facts.logDriver,
    CgroupDriver: 'cgroupfs',
    CgroupVersion: facts.cgroupMode === 'v2' ? '2' : '1',
    NEventsListener: events.listenerCount,
    ...(config.cluster === undefined
      ? {}
      : { ClusterStore: config.cluster.store, ClusterAdvertise: config.cluster.advertise }),
    ...host(),
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: registryConfig(config),
    GenericResources: null,
    DockerRootDir: config.dataRoot,
    HttpProxy: process.env['HTTP_PROXY'] ?? '',
    HttpsProxy: process.env['HTTPS_PROXY'] ?? '',
    NoProxy: process.env['NO_PROXY'] ?? '',
    Labels: config.labels,
    ExperimentalBuild: false,
    ServerVersion: ENGINE_VERSION,
    Runtimes: { [facts.runtime]: { path: facts.runtime } },
    DefaultRuntime: facts.runtime,
    Swarm: {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
    // Containers die with the daemon: that is the shape (README).
    LiveRestoreEnabled: false,
    Isolation: '',
    InitBinary: 'tsker-init',
    ContainerdCommit: { ID: '' },
    RuncCommit: { ID: '' },
    InitCommit: { ID: ENGINE_VERSION },
    SecurityOptions: [
      ...(facts.apparmor ? ['name=apparmor'] : []),
      ...(facts.seccomp ? ['name=seccomp,profile=builtin'] : []),
      ...(facts.userns ? ['name=userns'] : []),
      ...(facts.cgroupMode === 'v2' ? ['name=cgroupns'] : []),
    ],
    Warnings: [...limitWarnings(facts.limits()), ...facts.warnings],
  };
}

function pluginsOf({ volumeDrivers, config: { authorizationPlugins } }: SystemFacts): InfoResponse['Plugins'] {
  return {
    Volume: volumeDrivers(),
    Network: ['bridge', 'host', 'ipvlan', 'macvlan', 'null', 'overlay'],
    Authorization: authorizationPlugins.length === 0 ? null : authorizationPlugins,
    Log: LOG_DRIVERS,
  };
}

function host() {
  const distribution = parseOsRelease(readText('/etc/os-release'));
  return {
    KernelVersion: release(),
    OperatingSystem: distribution.get('PRETTY_NAME') ?? 'Linux',
    OSVersion: distribution.get('VERSION_ID') ?? '',
    OSType: 'linux',
    Architecture: arch() === 'x64' ? 'x86_64' : arch() === 'arm64' ? 'aarch64' : arch(),
    NCPU: availableParallelism(),
    MemTotal: totalmem(),
    Name: hostname(),
  };
}

function registryConfig({ mirrors, insecureRegistries }: SystemFacts['config']): InfoResponse['RegistryConfig'] {
  const isNetwork = (entry: string): boolean => entry.includes('/');
  const hosts = insecureRegistries.filter((entry) => !isNetwork(entry));
  const insecure = hosts.map((name) => [name, { Name: name, Mirrors: [], Secure: false, Official: false }] as const);
  return {
    AllowNondistributableArtifactsCIDRs: [],
    AllowNondistributableArtifactsHostnames: [],
    InsecureRegistryCIDRs: [...insecureRegistries.filter(isNetwork), '::1/128', '127.0.0.0/8'],
    IndexConfigs: {
      'docker.io': { Name: 'docker.io', Mirrors: mirrors, Secure: true, Official: true },
      ...Object.fromEntries(insecure),
    },
    Mirrors: mirrors,
  };
}

function toEffect({ id, owner, kind, subject, undo, createdAt }: LedgerEntry): HostEffect {
  return {
    Id: id,
    Owner: containerOfOwner(owner) ?? owner,
    Kind: kind,
    Subject: subject,
    Created: new Date(createdAt).toISOString(),
    Undo: undo.map(describeOp),
  };
}

/** os-release(5). */
export function parseOsRelease(text: string): Map<string, string> {
  const lines = text.matchAll(/^([A-Z_0-9]+)=(?:"((?:[^"\\]|\\.)*)"|(.*))$/gm);
  return new Map([...lines].map(([, key = '', quoted, bare]) => [key, quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '']));
}

/** Go's name of the architecture, which the API uses. */
export function goArchitecture(): string {
  return arch() === 'x64' ? 'amd64' : arch();
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
