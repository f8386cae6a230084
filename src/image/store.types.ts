// What the daemon, the registry client and the API see of the image store.

/** The image configuration document, OCI image-spec config.md and Docker's additions, spelled as there. */
export interface ImageConfigDocument {
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly container?: string;
  readonly docker_version?: string;
  readonly comment?: string;
  readonly config?: ImageConfig;
  readonly container_config?: ImageConfig;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly string[] };
  readonly history?: readonly ImageHistory[];
}

export interface ImageHistory {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

export interface ImageHealthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export interface ImageConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>> | null;
  readonly Env?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, object>> | null;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly StopSignal?: string;
  readonly ArgsEscaped?: boolean;
  readonly OnBuild?: readonly string[] | null;
  readonly Shell?: readonly string[] | null;
  readonly Healthcheck?: ImageHealthcheck | null;
}

export interface Image {
  /** `sha256:…` of the configuration document's bytes. */
  readonly id: string;
  readonly config: ImageConfigDocument;
  /** Undefined for an image without layers. */
  readonly chainId: string | undefined;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
}

export interface ImageStore {
  /** By id, unique id prefix, name[:tag] or name@digest, as `docker run` resolves it. Throws not_found with Docker's
   * `No such image: name:tag`, or invalid for an ambiguous prefix or a malformed reference. */
  resolve(reference: string): Image;
  get(id: string): Image | undefined;
  list(): Image[];
  /**
   * Stores the configuration (its layers must be in the layer store) and gives it names, in one transaction. `parent` is
   * the id of the image here that it was made of. Done at once; resolves when a power cut does not take it back, as `tag` does.
   */
  put(config: Uint8Array, names: readonly string[], parent?: string): Promise<Image>;
  tag(id: string, name: string): Promise<void>;
  untag(name: string): void;
  remove(id: string): Promise<void>;
}
