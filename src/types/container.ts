// Containers on the wire: requests and answers of the /containers routes, in the API's own spelling (Docker API 1.51).
// Shared by client and daemon; types only.

/** The part of a container that travels with the image's configuration. */
export interface ContainerConfig {
  readonly Hostname: string;
  readonly Domainname: string;
  readonly User: string;
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly ExposedPorts?: Readonly<Record<string, object>> | null;
  readonly Tty: boolean;
  readonly OpenStdin: boolean;
  readonly StdinOnce: boolean;
  readonly Env: readonly string[] | null;
  readonly Cmd: readonly string[] | null;
  readonly Healthcheck?: HealthConfig | null;
  readonly ArgsEscaped?: boolean;
  /** As the user wrote it. */
  readonly Image: string;
  readonly Volumes: Readonly<Record<string, object>> | null;
  readonly WorkingDir: string;
  readonly Entrypoint: readonly string[] | null;
  readonly NetworkDisabled?: boolean;
  readonly MacAddress?: string;
  readonly OnBuild: readonly string[] | null;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  /** Seconds. */
  readonly StopTimeout?: number | null;
  readonly Shell?: readonly string[] | null;
}

export interface HealthConfig {
  readonly Test?: readonly string[];
  /** Nanoseconds, as the other durations. */
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** The part of a container that belongs to the host it runs on. */
export interface HostConfig {
  /** `source:target[:options]`. */
  readonly Binds: readonly string[] | null;
  readonly ContainerIDFile: string;
  readonly LogConfig: LogConfig;
  readonly NetworkMode: string;
  readonly PortBindings: Readonly<Record<string, readonly PortBinding[] | null>> | null;
  readonly RestartPolicy: RestartPolicy;
  readonly AutoRemove: boolean;
  readonly VolumeDriver: string;
  readonly VolumesFrom: readonly string[] | null;
  /** Height, width: the terminal's size at the start. */
  readonly ConsoleSize: readonly [number, number];
  readonly Annotations?: Readonly<Record<string, string>>;
  readonly CapAdd: readonly string[] | null;
  readonly CapDrop: readonly string[] | null;
  readonly CgroupnsMode: string;
  readonly Dns: readonly string[] | null;
  readonly DnsOptions: readonly string[] | null;
  readonly DnsSearch: readonly string[] | null;
  readonly ExtraHosts: readonly string[] | null;
  readonly GroupAdd: readonly string[] | null;
  readonly IpcMode: string;
  readonly Cgroup: string;
  readonly Links: readonly string[] | null;
  readonly OomScoreAdj: number;
  readonly PidMode: string;
  readonly Privileged: boolean;
  readonly PublishAllPorts: boolean;
  readonly ReadonlyRootfs: boolean;
  readonly SecurityOpt: readonly string[] | null;
  readonly StorageOpt?: Readonly<Record<string, string>> | null;
  /** Target path → mount options. */
  readonly Tmpfs?: Readonly<Record<string, string>> | null;
  readonly UTSMode: string;
  readonly UsernsMode: string;
  /** Bytes. */
  readonly ShmSize: number;
  readonly Sysctls?: Readonly<Record<string, string>> | null;
  readonly Runtime: string;
  readonly Isolation: string;
  readonly CpuShares: number;
  /** Bytes, as the other memory values. */
  readonly Memory: number;
  /** Billionths of a processor. */
  readonly NanoCpus: number;
  readonly CgroupParent: string;
  readonly BlkioWeight: number;
  readonly BlkioWeightDevice: readonly WeightDevice[] | null;
  readonly BlkioDeviceReadBps: readonly ThrottleDevice[] | null;
  readonly BlkioDeviceWriteBps: readonly ThrottleDevice[] | null;
  readonly BlkioDeviceReadIOps: readonly ThrottleDevice[] | null;
  readonly BlkioDeviceWriteIOps: readonly ThrottleDevice[] | null;
  /** Microseconds, as CpuQuota. */
  readonly CpuPeriod: number;
  readonly CpuQuota: number;
  readonly CpuRealtimePeriod: number;
  readonly CpuRealtimeRuntime: number;
  readonly CpusetCpus: string;
  readonly CpusetMems: string;
  readonly Devices: readonly DeviceMapping[] | null;
  readonly DeviceCgroupRules: readonly string[] | null;
  readonly DeviceRequests: readonly object[] | null;
  readonly MemoryReservation: number;
  readonly MemorySwap: number;
  readonly MemorySwappiness: number | null;
  readonly OomKillDisable: boolean | null;
  readonly PidsLimit: number | null;
  readonly Ulimits: readonly Ulimit[] | null;
  readonly CpuCount: number;
  readonly CpuPercent: number;
  readonly IOMaximumIOps: number;
  readonly IOMaximumBandwidth: number;
  readonly Mounts?: readonly MountRequest[] | null;
  readonly MaskedPaths: readonly string[] | null;
  readonly ReadonlyPaths: readonly string[] | null;
  readonly Init?: boolean | null;
}

export interface LogConfig {
  readonly Type: string;
  readonly Config: Readonly<Record<string, string>> | null;
}

export interface PortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

export interface RestartPolicy {
  /** `no`, `always`, `unless-stopped`, `on-failure`, or empty for `no`. */
  readonly Name: string;
  readonly MaximumRetryCount: number;
}

export interface WeightDevice {
  readonly Path: string;
  readonly Weight: number;
}

export interface ThrottleDevice {
  readonly Path: string;
  readonly Rate: number;
}

export interface DeviceMapping {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

export interface Ulimit {
  readonly Name: string;
  readonly Hard: number;
  readonly Soft: number;
}

/** One of HostConfig.Mounts (`--mount`). */
export interface MountRequest {
  readonly Type: string;
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly Consistency?: string;
  readonly BindOptions?: {
    readonly Propagation?: string;
    readonly NonRecursive?: boolean;
    readonly CreateMountpoint?: boolean;
    readonly ReadOnlyNonRecursive?: boolean;
    readonly ReadOnlyForceRecursive?: boolean;
  };
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean;
    readonly Labels?: Readonly<Record<string, string>>;
    readonly Subpath?: string;
    readonly DriverConfig?: { readonly Name?: string; readonly Options?: Readonly<Record<string, string>> };
  };
  readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Mode?: number };
}

/** Body of POST /containers/create. Everything may be missing. */
export type CreateRequest = Partial<ContainerConfig> & {
  readonly HostConfig?: Partial<HostConfig> | null;
  readonly NetworkingConfig?: NetworkingConfig | null;
};

/** Body of POST /containers/{id}/update. Zero and empty leave a limit as it is. */
export type UpdateRequest = Partial<
  Pick<
    HostConfig,
    | 'BlkioWeight'
    | 'CpuPeriod'
    | 'CpuQuota'
    | 'CpuRealtimePeriod'
    | 'CpuRealtimeRuntime'
    | 'CpuShares'
    | 'CpusetCpus'
    | 'CpusetMems'
    | 'Memory'
    | 'MemoryReservation'
    | 'MemorySwap'
    | 'NanoCpus'
    | 'PidsLimit'
    | 'RestartPolicy'
  >
> & {
  /** tsker's own: ports to be published, in the shape of PortBindings, and withdrawn (`8080`, `8080:80`, `:80/udp`). */
  readonly PublishAdd?: Readonly<Record<string, readonly PortBinding[] | null>>;
  readonly PublishRemove?: readonly string[];
};

export interface UpdateResponse {
  readonly Warnings: readonly string[] | null;
}

export interface NetworkingConfig {
  readonly EndpointsConfig?: Readonly<Record<string, Partial<EndpointSettings> | null>> | null;
}

export interface CreateResponse {
  readonly Id: string;
  readonly Warnings: readonly string[] | null;
}

export interface EndpointIpam {
  readonly IPv4Address?: string;
  readonly IPv6Address?: string;
  readonly LinkLocalIPs?: readonly string[];
}

export interface EndpointSettings {
  readonly IPAMConfig: EndpointIpam | null;
  readonly Links: readonly string[] | null;
  readonly Aliases: readonly string[] | null;
  readonly MacAddress: string;
  readonly DriverOpts: Readonly<Record<string, string>> | null;
  readonly GwPriority: number;
  readonly NetworkID: string;
  readonly EndpointID: string;
  readonly Gateway: string;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly IPv6Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
  readonly DNSNames: readonly string[] | null;
}

export interface NetworkSettings {
  readonly Bridge: string;
  readonly SandboxID: string;
  /** A real network namespace path while the container runs. */
  readonly SandboxKey: string;
  readonly Ports: Readonly<Record<string, readonly PortBinding[] | null>>;
  readonly HairpinMode: boolean;
  readonly LinkLocalIPv6Address: string;
  readonly LinkLocalIPv6PrefixLen: number;
  readonly SecondaryIPAddresses: null;
  readonly SecondaryIPv6Addresses: null;
  readonly EndpointID: string;
  readonly Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly IPv6Gateway: string;
  readonly MacAddress: string;
  readonly Networks: Readonly<Record<string, EndpointSettings>>;
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'removing' | 'dead';

export interface ContainerState {
  readonly Status: ContainerStatus;
  readonly Running: boolean;
  readonly Paused: boolean;
  readonly Restarting: boolean;
  readonly OOMKilled: boolean;
  readonly Dead: boolean;
  /** Host pid of the first process; 0 when not running. */
  readonly Pid: number;
  readonly ExitCode: number;
  readonly Error: string;
  /** RFC 3339 with nanoseconds; `0001-01-01T00:00:00Z` for never. */
  readonly StartedAt: string;
  readonly FinishedAt: string;
  /** When it has a health check and has been started. */
  readonly Health?: HealthState;
}

export type HealthStatus = 'starting' | 'healthy' | 'unhealthy';

export interface HealthState {
  readonly Status: HealthStatus;
  readonly FailingStreak: number;
  /** The last five checks, the oldest first. */
  readonly Log: readonly HealthResult[];
}

export interface HealthResult {
  /** RFC 3339. */
  readonly Start: string;
  readonly End: string;
  readonly ExitCode: number;
  /** The first 4096 bytes. */
  readonly Output: string;
}

/** One mount as inspect and list show it. */
export interface MountPoint {
  readonly Type: string;
  readonly Name?: string;
  readonly Source: string;
  readonly Destination: string;
  readonly Driver?: string;
  readonly Mode: string;
  readonly RW: boolean;
  readonly Propagation: string;
}

/** GET /containers/{id}/json. */
export interface ContainerInspect {
  readonly Id: string;
  readonly Created: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly State: ContainerState;
  /** `sha256:…`. */
  readonly Image: string;
  readonly ResolvConfPath: string;
  readonly HostnamePath: string;
  readonly HostsPath: string;
  readonly LogPath: string;
  /** With the leading slash. */
  readonly Name: string;
  readonly RestartCount: number;
  readonly Driver: string;
  readonly Platform: string;
  readonly MountLabel: string;
  readonly ProcessLabel: string;
  readonly AppArmorProfile: string;
  readonly ExecIDs: readonly string[] | null;
  readonly HostConfig: HostConfig;
  readonly GraphDriver: { readonly Data: Readonly<Record<string, string>> | null; readonly Name: string };
  /** Only with `?size=1`. */
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Mounts: readonly MountPoint[];
  readonly Config: ContainerConfig;
  readonly NetworkSettings: NetworkSettings;
}

export interface Port {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

/** One element of GET /containers/json. */
export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly Command: string;
  /** Epoch seconds. */
  readonly Created: number;
  readonly Ports: readonly Port[];
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: ContainerStatus;
  /** `Up 2 minutes`, `Exited (0) 3 seconds ago`, ... */
  readonly Status: string;
  readonly HostConfig: { readonly NetworkMode: string; readonly Annotations?: Readonly<Record<string, string>> };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, EndpointSettings>> };
  readonly Mounts: readonly MountPoint[];
}

/** POST /containers/{id}/wait. */
export interface WaitResponse {
  readonly StatusCode: number;
  readonly Error?: { readonly Message: string };
}

/** `not-running` is the default. */
export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/** POST /containers/prune. */
export interface ContainersPruneResponse {
  readonly ContainersDeleted: readonly string[] | null;
  /** Bytes. */
  readonly SpaceReclaimed: number;
}

/** GET /containers/{id}/top. */
export interface TopResponse {
  readonly Titles: readonly string[];
  readonly Processes: readonly (readonly string[])[];
}

/** One line of a json-file log. */
export interface LogLine {
  readonly log: string;
  readonly stream: 'stdout' | 'stderr';
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  readonly attrs?: Readonly<Record<string, string>>;
}
