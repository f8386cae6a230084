// Volumes on the wire: requests and answers of the /volumes routes, in the API's own spelling (Docker API 1.51). Shared by
// client and daemon; types only.

type Texts = Readonly<Record<string, string>>;

export interface Volume {
  /** RFC 3339. */
  readonly CreatedAt: string;
  readonly Driver: string;
  readonly Labels: Texts | null;
  readonly Mountpoint: string;
  readonly Name: string;
  readonly Options: Texts | null;
  /** `local` or `global`. */
  readonly Scope: string;
  /** What the driver says of it, when it says anything. */
  readonly Status?: Readonly<Record<string, unknown>>;
  /** Of system df only; null when it was not counted. */
  readonly UsageData?: VolumeUsageData | null;
}

export interface VolumeUsageData {
  /** Containers that have it. */
  readonly RefCount: number;
  /** Bytes. */
  readonly Size: number;
}

/** Body of POST /volumes/create. */
export interface VolumeCreateRequest {
  readonly Name?: string;
  readonly Driver?: string;
  readonly DriverOpts?: Texts;
  readonly Labels?: Texts;
}

export interface VolumeListResponse {
  readonly Volumes: readonly Volume[];
  readonly Warnings: readonly string[] | null;
}

export interface VolumesPruneResponse {
  readonly VolumesDeleted: readonly string[];
  /** Bytes. */
  readonly SpaceReclaimed: number;
}
