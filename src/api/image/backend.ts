// What the image routes need of the engine, in small roles; image/service.ts plays them. Types only.
import type {
  ImageDeleteItem,
  ImageHistoryItem,
  ImageInspect,
  ImageSummary,
  ImagesPruneResponse,
  ProgressMessage,
  RegistryAuth,
} from '../../types/image.ts';
import type { FileIdentity } from '../../util/file-identity.ts';

/** Receives each line of a progress stream. */
export type Emit = (message: ProgressMessage) => void;

export interface StreamOptions {
  readonly emit: Emit;
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal;
}

export interface PullRequest {
  /** As the client wrote it. */
  readonly name: string;
  /** A tag or a digest; absent with a bare name means every tag. */
  readonly tag: string | undefined;
  readonly platform: string | undefined;
  readonly auth: RegistryAuth | undefined;
}

/** Without a tag all tags are pushed. An image of another platform than the one named is not. */
export type PushRequest = PullRequest;

export interface ImportRequest {
  /** `-` for the body, or an http(s) URL. */
  readonly source: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Name of the image made; undefined: none. */
  readonly name: string | undefined;
  readonly tag: string | undefined;
  readonly message: string | undefined;
  /** Dockerfile instructions: `CMD ["sh"]`, `ENV a=b`. */
  readonly changes: readonly string[];
  readonly platform: string | undefined;
}

export interface LoadRequest {
  readonly body: AsyncIterable<Uint8Array>;
  readonly quiet: boolean;
  /** Images of others are left out. */
  readonly platform: string | undefined;
}

/** The archive is a file that the daemon reads itself. */
export interface FileLoadRequest extends Omit<LoadRequest, 'body'> {
  readonly file: FileIdentity;
}

export interface FileLoads {
  /** Rejects with `not_found` when that file is not to be seen from here. */
  loadFile(request: FileLoadRequest, options: StreamOptions): Promise<void>;
}

export interface SaveRequest {
  readonly names: readonly string[];
  readonly platform: string | undefined;
}

export interface ListRequest {
  readonly all: boolean;
  readonly sharedSize: boolean;
  /** Filter name → values; the names are known ones. */
  readonly filters: ReadonlyMap<string, readonly string[]>;
}

export interface RemoveRequest {
  readonly name: string;
  readonly force: boolean;
  /** Remove parents that nothing else needs. */
  readonly prune: boolean;
}

export interface ImageQueries {
  list(request: ListRequest): ImageSummary[];
  /** Of an image of another platform than the one named they throw `not_found`. */
  inspect(name: string, platform?: string): ImageInspect;
  history(name: string, platform?: string): ImageHistoryItem[];
}

export interface ImageTransfers {
  /** Rejects before the first emit for what is the client's fault; after it, the rejection belongs into the stream. */
  pull(request: PullRequest, options: StreamOptions): Promise<void>;
  push(request: PushRequest, options: StreamOptions): Promise<void>;
  load(request: LoadRequest, options: StreamOptions): Promise<void>;
  /** Rejects for what is wrong before the first byte; the iteration throws for what goes wrong after it. */
  save(request: SaveRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  importImage(request: ImportRequest, options: StreamOptions): Promise<void>;
}

export interface ImageNames {
  tag(name: string, target: { repo: string; tag: string | undefined }): Promise<void>;
  remove(request: RemoveRequest): Promise<ImageDeleteItem[]>;
  prune(filters: ReadonlyMap<string, readonly string[]>): Promise<ImagesPruneResponse>;
}

export type ImageBackend = ImageQueries & ImageTransfers & ImageNames;
