// Images on the wire: requests and answers of the /images routes, in the API's own spelling (Docker API 1.51).
// Shared by client and daemon; types only.

/** One line of the JSON stream of pull, load, import and build; keys in the order Docker writes them. */
export interface ProgressMessage {
  readonly stream?: string;
  readonly status?: string;
  readonly progressDetail?: ProgressDetail;
  /** The bar as text, for clients that print it as it is (docker-py). */
  readonly progress?: string;
  /** Twelve characters of a layer's digest, or the tag that is pulled. */
  readonly id?: string;
  readonly errorDetail?: { readonly message: string; readonly code?: number };
  readonly error?: string;
  readonly aux?: object;
}

export interface ProgressDetail {
  /** Bytes. */
  readonly current?: number;
  readonly total?: number;
}

/** One element of GET /images/json. */
export interface ImageSummary {
  readonly Id: string;
  readonly ParentId: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  /** Epoch seconds. */
  readonly Created: number;
  /** Bytes. */
  readonly Size: number;
  /** Bytes it shares with other images; -1 when not asked for. */
  readonly SharedSize: number;
  readonly Labels: Readonly<Record<string, string>> | null;
  /** Always -1: nobody counts them here. */
  readonly Containers: number;
}

/** GET /images/{name}/json. */
export interface ImageInspect {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly Parent: string;
  readonly Comment: string;
  /** RFC 3339; absent when the configuration has none. */
  readonly Created?: string;
  readonly DockerVersion: string;
  readonly Author: string;
  /** `config` of the configuration document, and what Docker shows when it is unset. */
  readonly Config: object;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly OsVersion?: string;
  readonly Size: number;
  readonly GraphDriver: { readonly Data: Readonly<Record<string, string>> | null; readonly Name: string };
  readonly RootFS: { readonly Type: 'layers'; readonly Layers?: readonly string[] };
  readonly Metadata: { readonly LastTagTime: string };
}

/** One element of GET /images/{name}/history, newest first. */
export interface ImageHistoryItem {
  /** `<missing>` below the image itself. */
  readonly Id: string;
  /** Epoch seconds. */
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Tags: readonly string[] | null;
  readonly Size: number;
  readonly Comment: string;
}

/** One step of DELETE /images/{name}. */
export type ImageDeleteItem = { readonly Untagged: string } | { readonly Deleted: string };

/** POST /images/prune. */
export interface ImagesPruneResponse {
  readonly ImagesDeleted: readonly ImageDeleteItem[] | null;
  /** Bytes. */
  readonly SpaceReclaimed: number;
}

/** GET /distribution/{name}/json. */
export interface DistributionInspect {
  readonly Descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
  readonly Platforms: readonly { readonly architecture: string; readonly os: string; readonly variant?: string }[];
}

/** One element of GET /images/search. */
export interface SearchResult {
  readonly star_count: number;
  readonly is_official: boolean;
  readonly name: string;
  readonly is_automated: boolean;
  readonly description: string;
}

/** The decoded X-Registry-Auth header. */
export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  /** Base64 of `username:password`, as in config.json. */
  readonly auth?: string;
  readonly serveraddress?: string;
  /** A refresh token. */
  readonly identitytoken?: string;
  /** A bearer token, used as it is. */
  readonly registrytoken?: string;
}
