// The system routes on the wire: /version, /info, /networks (list), /volumes, /tsker/host, and the body of every error,
// in the API's own spelling. Shared by client and daemon; types only.

/** Body of every answer with status 400 or above. */
export interface ErrorResponse {
  readonly message: string;
  /** What the user can do; tsker's addition. */
  readonly hint?: string;
}

/** GET /version. */
export interface VersionResponse {
  readonly Platform: { readonly Name: string };
  readonly Components: readonly VersionComponent[];
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion: string;
  readonly GitCommit: string;
  /** Of the runtime the daemon is compiled with: here Node's version. */
  readonly GoVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly KernelVersion: string;
  readonly Experimental?: boolean;
  readonly BuildTime: string;
}

export interface VersionComponent {
  readonly Name: string;
  readonly Version: string;
  readonly Details: Readonly<Record<string, string>>;
}

/** GET /info. */
export interface InfoResponse {
  readonly ID: string;
  readonly Containers: number;
  readonly ContainersRunning: number;
  readonly ContainersPaused: number;
  readonly ContainersStopped: number;
  readonly Images: number;
  readonly Driver: string;
  readonly DriverStatus: readonly (readonly [string, string])[];
  readonly Plugins: {
    readonly Volume: readonly string[];
    readonly Network: readonly string[];
    readonly Authorization: readonly string[] | null;
    readonly Log: readonly string[];
  };
  readonly MemoryLimit: boolean;
  readonly SwapLimit: boolean;
  readonly CpuCfsPeriod: boolean;
  readonly CpuCfsQuota: boolean;
  readonly CPUShares: boolean;
  readonly CPUSet: boolean;
  readonly PidsLimit: boolean;
  readonly IPv4Forwarding: boolean;
  readonly Debug: boolean;
  readonly NFd: number;
  readonly OomKillDisable: boolean;
  readonly NGoroutines: number;
  readonly SystemTime: string;
  readonly LoggingDriver: string;
  readonly CgroupDriver: string;
  readonly CgroupVersion: string;
  readonly NEventsListener: number;
  readonly KernelVersion: string;
  readonly OperatingSystem: string;
  readonly OSVersion: string;
  readonly OSType: string;
  readonly Architecture: string;
  readonly IndexServerAddress: string;
  readonly RegistryConfig: {
    readonly AllowNondistributableArtifactsCIDRs: readonly string[];
    readonly AllowNondistributableArtifactsHostnames: readonly string[];
    readonly InsecureRegistryCIDRs: readonly string[];
    readonly IndexConfigs: Readonly<
      Record<
        string,
        {
          readonly Name: string;
          readonly Mirrors: readonly string[];
          readonly Secure: boolean;
          readonly Official: boolean;
        }
      >
    >;
    readonly Mirrors: readonly string[];
  };
  readonly NCPU: number;
  /** Bytes. */
  readonly MemTotal: number;
  readonly GenericResources: null;
  readonly DockerRootDir: string;
  /** Of a daemon that is in a cluster for overlay networks; Docker's before swarm mode. */
  readonly ClusterStore?: string;
  readonly ClusterAdvertise?: string;
  readonly HttpProxy: string;
  readonly HttpsProxy: string;
  readonly NoProxy: string;
  readonly Name: string;
  readonly Labels: readonly string[];
  readonly ExperimentalBuild: boolean;
  readonly ServerVersion: string;
  readonly Runtimes: Readonly<Record<string, { readonly path: string }>>;
  readonly DefaultRuntime: string;
  readonly Swarm: {
    readonly NodeID: string;
    readonly NodeAddr: string;
    readonly LocalNodeState: 'inactive';
    readonly ControlAvailable: false;
    readonly Error: string;
    readonly RemoteManagers: null;
  };
  readonly LiveRestoreEnabled: boolean;
  readonly Isolation: string;
  readonly InitBinary: string;
  readonly ContainerdCommit: { readonly ID: string };
  readonly RuncCommit: { readonly ID: string };
  readonly InitCommit: { readonly ID: string };
  readonly SecurityOptions: readonly string[];
  readonly Warnings: readonly string[] | null;
}

/** One element of GET /tsker/host: a host side effect that tsker would undo (DESIGN.md, idea 3). */
export interface HostEffect {
  readonly Id: number;
  /** A container id, or `daemon`. */
  readonly Owner: string;
  readonly Kind: string;
  readonly Subject: string;
  /** RFC 3339. */
  readonly Created: string;
  /** The operations that take it back, in order. */
  readonly Undo: readonly string[];
}
