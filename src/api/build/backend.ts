// What the routes of POST /build need of the engine; daemon/build/service.ts plays it. Types only: what a build is asked for
// is spelled here as the API has it.
import type { BuildStepMessage } from '../../types/build.ts';
import type { RegistryAuth } from '../../types/image.ts';
import type { Preamble } from './preamble.ts';

/** Limits of what RUN starts; absent: none. */
export interface BuildLimits {
  readonly memory?: number;
  readonly memorySwap?: number;
  readonly cpuShares?: number;
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly cgroupParent?: string;
  readonly ulimits?: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
}

export interface BuildRequest extends BuildLimits {
  readonly tags: readonly string[];
  readonly target: string | undefined;
  /** Undefined for a name without a value. */
  readonly buildArgs: ReadonlyMap<string, string | undefined>;
  readonly labels: ReadonlyMap<string, string>;
  readonly noCache: boolean;
  readonly pull: boolean;
  readonly cacheFrom: readonly string[];
  readonly squash: boolean;
  readonly network: string;
  readonly extraHosts: readonly string[];
  readonly shmSize: number;
  readonly securityOptions: readonly string[];
  readonly platform: string | undefined;
  readonly sourceDateEpoch: number | undefined;
  readonly explain: boolean;
  readonly steps: boolean;
  readonly keepFailed: boolean;
  readonly quiet: boolean;
  readonly remove: boolean;
  readonly forceRemove: boolean;
  readonly auths: ReadonlyMap<string, RegistryAuth>;
  /** Where the context is; undefined: in the body. */
  readonly remote: string | undefined;
  /** Path of the Dockerfile; undefined: `Dockerfile`. */
  readonly dockerfile: string | undefined;
  /** What POST /tsker/build/context answered. */
  readonly token: string | undefined;
}

/** A line of the classic stream. */
export type BuildMessage =
  | { readonly stream: string }
  | { readonly aux: object }
  | { readonly step: BuildStepMessage }
  | { readonly errorDetail: { readonly message: string; readonly code?: number }; readonly error: string }
  | {
      readonly status: string;
      readonly progressDetail?: { readonly current?: number; readonly total?: number };
      readonly progress?: string;
      readonly id?: string;
    };

export interface BuildStream {
  /** With a promise there is no room for more until it resolves. */
  readonly emit: (message: BuildMessage) => Promise<void> | undefined;
  readonly signal: AbortSignal;
}

export interface BuildPruneRequest {
  readonly all: boolean;
  readonly keepStorage: number;
  readonly until: number | undefined;
  /** BuildKit's, by name. */
  readonly filters: ReadonlyMap<string, readonly string[]>;
}

export interface BuildBackend {
  /** Rejects before the first message for what is no build at all; after it, the rejection belongs into the stream. */
  build(request: BuildRequest, input: Preamble, stream: BuildStream): Promise<{ readonly imageId: string }>;
  /** The code that a failure has in the stream; undefined: none. */
  codeOf(error: unknown): number | undefined;
  prune(request: BuildPruneRequest): Promise<{ readonly deleted: readonly string[]; readonly reclaimed: number }>;
}
