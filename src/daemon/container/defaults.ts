// A create request completed: every field of the two documents that inspect shows, with Docker's defaults. Pure.
import { DEFAULT_MASKED_PATHS, DEFAULT_READONLY_PATHS, DEFAULT_SHM_SIZE } from '../../runtime/default-spec.ts';
import type { CreateRequest } from '../../types/container.ts';
import type { ContainerConfig, HostConfig, LogConfig } from '../../types/container-config.ts';
import { resolveLogConfig } from '../logging/config.ts';

export interface DefaultsRequest {
  readonly body: CreateRequest;
  readonly id: string;
  readonly hostHostname: string;
  /** `private` with cgroup v2, `host` with v1, as in Docker. */
  readonly cgroupnsMode: string;
  readonly runtime: string;
  /** Of a container that is not told one: `bridge`, or `none` when there is no bridge. */
  readonly defaultNetwork: string;
  /** The kernel can be told not to kill (cgroup v1). */
  readonly oomKillDisable?: boolean;
  /** The daemon's --log-driver and --log-opt. */
  readonly defaultLog: LogConfig;
}

export function completeConfig({ body, id, hostHostname }: DefaultsRequest): ContainerConfig {
  const { HostConfig: host, NetworkingConfig: _, ...config } = body;
  const hostNetwork = host?.NetworkMode === 'host' || host?.UTSMode === 'host';
  return {
    Domainname: '',
    User: '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: null,
    Cmd: null,
    Image: '',
    Volumes: null,
    WorkingDir: '',
    Entrypoint: null,
    OnBuild: null,
    Labels: {},
    ...config,
    Hostname: config.Hostname || (hostNetwork ? hostHostname : id.slice(0, 12)),
  };
}

export function completeHostConfig({
  body,
  cgroupnsMode,
  runtime,
  defaultNetwork,
  defaultLog,
  oomKillDisable = false,
}: DefaultsRequest): HostConfig {
  const given = body.HostConfig ?? {};
  const privileged = given.Privileged === true;
  const memory = given.Memory ?? 0;
  return {
    ...EMPTY_HOST_CONFIG,
    OomKillDisable: oomKillDisable ? false : null,
    MaskedPaths: privileged ? null : DEFAULT_MASKED_PATHS,
    ReadonlyPaths: privileged ? null : DEFAULT_READONLY_PATHS,
    ...given,
    NetworkMode: isDefault(given.NetworkMode) ? defaultNetwork : (given.NetworkMode ?? defaultNetwork),
    IpcMode: given.IpcMode || 'private',
    CgroupnsMode: given.CgroupnsMode || (privileged ? 'host' : cgroupnsMode),
    ShmSize: given.ShmSize || DEFAULT_SHM_SIZE,
    Runtime: given.Runtime || runtime,
    LogConfig: resolveLogConfig(given.LogConfig, defaultLog),
    RestartPolicy: {
      Name: given.RestartPolicy?.Name || 'no',
      MaximumRetryCount: given.RestartPolicy?.MaximumRetryCount ?? 0,
    },
    // As much swap as memory, when only memory is limited.
    MemorySwap: memory > 0 && (given.MemorySwap ?? 0) === 0 ? memory * 2 : (given.MemorySwap ?? 0),
  };
}

function isDefault(mode: string | undefined): boolean {
  return mode === undefined || mode === '' || mode === 'default';
}

const EMPTY_HOST_CONFIG: Omit<HostConfig, 'LogConfig'> = {
  Binds: null,
  ContainerIDFile: '',
  NetworkMode: 'bridge',
  PortBindings: null,
  RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
  AutoRemove: false,
  VolumeDriver: '',
  VolumesFrom: null,
  ConsoleSize: [0, 0],
  CapAdd: null,
  CapDrop: null,
  CgroupnsMode: '',
  Dns: null,
  DnsOptions: null,
  DnsSearch: null,
  ExtraHosts: null,
  GroupAdd: null,
  IpcMode: 'private',
  Cgroup: '',
  Links: null,
  OomScoreAdj: 0,
  PidMode: '',
  Privileged: false,
  PublishAllPorts: false,
  ReadonlyRootfs: false,
  SecurityOpt: null,
  UTSMode: '',
  UsernsMode: '',
  ShmSize: DEFAULT_SHM_SIZE,
  Runtime: '',
  Isolation: '',
  CpuShares: 0,
  Memory: 0,
  NanoCpus: 0,
  CgroupParent: '',
  BlkioWeight: 0,
  BlkioWeightDevice: null,
  BlkioDeviceReadBps: null,
  BlkioDeviceWriteBps: null,
  BlkioDeviceReadIOps: null,
  BlkioDeviceWriteIOps: null,
  CpuPeriod: 0,
  CpuQuota: 0,
  CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0,
  CpusetCpus: '',
  CpusetMems: '',
  Devices: null,
  DeviceCgroupRules: null,
  DeviceRequests: null,
  MemoryReservation: 0,
  MemorySwap: 0,
  MemorySwappiness: null,
  OomKillDisable: null,
  PidsLimit: null,
  Ulimits: null,
  CpuCount: 0,
  CpuPercent: 0,
  IOMaximumIOps: 0,
  IOMaximumBandwidth: 0,
  MaskedPaths: null,
  ReadonlyPaths: null,
};
