// What a build is asked for and what it says: the words that the API, the engine of the builder and whoever starts builds
// share. Types only.
import type { BuildStepMessage } from '../types/build.ts';
import type { RegistryAuth } from '../types/image.ts';

/** Limits of the containers that RUN starts; absent or 0: none. */
export interface BuildLimits {
  /** Bytes. */
  readonly memory?: number;
  /** Bytes with the memory; -1 without a limit. */
  readonly memorySwap?: number;
  readonly cpuShares?: number;
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly cgroupParent?: string;
  readonly ulimits?: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
}

export interface BuildOptions extends BuildLimits {
  /** Names the image is given, as the client wrote them: `name[:tag]`. */
  readonly tags: readonly string[];
  /** Name or number of a stage; the last one when undefined. */
  readonly target: string | undefined;
  /** Undefined: named without a value, so that the default of the Dockerfile counts. */
  readonly buildArgs: ReadonlyMap<string, string | undefined>;
  readonly labels: ReadonlyMap<string, string>;
  readonly noCache: boolean;
  /** Bases are looked for in their registries although they are here. */
  readonly pull: boolean;
  readonly cacheFrom: readonly string[];
  readonly squash: boolean;
  /** Of RUN: `default`, `none`, `host`, `container:…`. */
  readonly network: string;
  /** `name:address`. */
  readonly extraHosts: readonly string[];
  /** Bytes; 0: the default. */
  readonly shmSize: number;
  readonly securityOptions: readonly string[];
  /** `os[/architecture[/variant]]`. */
  readonly platform: string | undefined;
  /** By id; RUN --mount=type=secret reads them. */
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  /** By id: path of a socket on the daemon's host that is an SSH agent. */
  readonly ssh: ReadonlyMap<string, string>;
  /** Seconds: times of files, history and image; undefined: the clock. */
  readonly sourceDateEpoch: number | undefined;
  /** Messages about steps are wanted. */
  readonly steps: boolean;
  /** Say why a step ran, and sum the steps up at the end. */
  readonly explain: boolean;
  /** The container of a RUN that failed stays, and its image with it. */
  readonly keepFailed: boolean;
  /** Only the image's id is said. */
  readonly quiet: boolean;
  /** Containers of steps that succeeded are removed, of those that failed as well (`rm`, `forcerm`). */
  readonly remove: boolean;
  readonly forceRemove: boolean;
  /** By registry host, from X-Registry-Config. */
  readonly auths: ReadonlyMap<string, RegistryAuth>;
}

/** A line of the classic stream; the keys are Docker's. */
export type BuildMessage =
  | { readonly stream: string }
  | { readonly aux: object }
  /** Not Docker's: only who asks for it is told (`steps`). */
  | { readonly step: BuildStepMessage }
  | { readonly errorDetail: { readonly message: string; readonly code?: number }; readonly error: string }
  | {
      readonly status: string;
      readonly progressDetail?: { readonly current?: number; readonly total?: number };
      readonly progress?: string;
      readonly id?: string;
    };

/** Where a build's messages go. */
export interface BuildOutput {
  /** With a promise there is no room for more until it resolves: who says much has to wait, who says a line need not. */
  send(message: BuildMessage): Promise<void> | undefined;
}

export interface BuildResult {
  /** `sha256:…`. */
  readonly imageId: string;
}
