// What images and containers see of the layer store: immutable layers by chain id and the writable layers of containers.
import type { LayerChange, RootfsMount } from '../graphdriver/driver.ts';

/** A layer on disk. `chainId` names it with everything below it, `diffId` its own uncompressed tar. */
export interface Layer {
  readonly chainId: string;
  readonly diffId: string;
  readonly parent: string | undefined;
  /** The driver's id of it. */
  readonly cacheId: string;
  /** Bytes of its own regular files. */
  readonly size: number;
}

/** A layer that is unpacked and not yet part of a chain. */
export interface StagedLayer {
  readonly diffId: string;
  /** Digest of the bytes as they came (the blob's digest). */
  readonly digest: string;
  readonly bytesIn: number;
  readonly size: number;
  /** Puts it on top of `parent`; when that chain id exists already, this copy is dropped and the existing one returned. */
  commit(parent: string | undefined): Promise<Layer>;
  discard(): Promise<void>;
}

export interface TarRequest {
  /** Where the tar goes; taken over and closed. */
  readonly fd: number;
  readonly gzip?: boolean;
  readonly signal?: AbortSignal;
}

/** What was written of a tar. */
export interface WrittenTar {
  readonly bytes: number;
  readonly digest: string;
}

export interface StageRequest {
  /** The tar stream; taken over and closed. */
  readonly fd: number;
  /** Waited for only by drivers that need the parent to unpack. Rejection fails the stage. */
  readonly parent: Promise<Layer | undefined>;
  readonly signal?: AbortSignal;
  /** The writable layer that the stream is packed from, to become the layer itself where the driver can do that. */
  readonly adopt?: string;
}

export interface ContainerLayer {
  readonly rootfs: RootfsMount;
  readonly metadata: Record<string, string>;
}

export interface AdoptRequest {
  readonly signal: AbortSignal;
  /** The chain it is to be committed on, where that is not the one it stands on; then it must stand on nothing. */
  readonly onto?: string | undefined;
}

export interface LayerStore {
  /** As clients are told it. */
  readonly driverName: string;
  /** Whether a layer can be unpacked without its parent. */
  readonly independentLayers: boolean;
  get(chainId: string): Layer | undefined;
  stage(request: StageRequest): Promise<StagedLayer>;
  /** Writes the layer's tar as it came. Throws `corrupt` when that is no longer what its diff id says. */
  writeTar(chainId: string, request: TarRequest): Promise<WrittenTar>;
  /** Bytes of that tar. */
  tarSize(chainId: string): Promise<number>;
  /** Sum of the sizes of a chain. */
  chainSize(chainId: string): number;
  /** `GraphDriver.Data` of an image's inspect: the driver's facts of the chain's top layer. */
  metadata(chainId: string): Record<string, string>;
  /** Removes the chain's layers, from the top, as long as no image, container or child layer needs them. */
  release(chainId: string): Promise<void>;
  createContainerLayer(containerId: string, chainId: string | undefined): Promise<ContainerLayer>;
  containerLayer(containerId: string): ContainerLayer;
  removeContainerLayer(containerId: string): Promise<void>;
  /** A layer of what the container changed, to be committed on the chain it stands on. */
  stageContainer(containerId: string, signal: AbortSignal): Promise<StagedLayer>;
  /** The same of a container that is not needed any more but to be removed: its files become the layer's, without a copy. */
  adoptContainer(containerId: string, request: AdoptRequest): Promise<StagedLayer>;
  /** What a chain is mounted from, to be read. */
  mountLayer(chainId: string): Promise<{ path: string; release(): Promise<void> }>;
  containerChanges(containerId: string): Promise<LayerChange[]>;
  containerSize(containerId: string): Promise<{ sizeRw: number; sizeRootFs: number }>;
  /** Mounts a container's or an image chain's tree on the host for copying out; release when done. */
  mountContainer(containerId: string): Promise<{ path: string; release(): Promise<void> }>;
  /** Keeps what `containerLayer().rootfs` names there until the returned function is called; may be held more than once. */
  holdContainer(containerId: string): Promise<() => Promise<void>>;
  status(): Promise<[string, string][]>;
  /** Removes what a crash left: directories no row names, rows whose directory is gone. */
  recover(): Promise<void>;
}
