// Makes images: blobs, manifests and indexes in Docker's or the OCI's media types, with any compression. Pure but for the
// layers that are files. push.ts and archive.ts carry them to registries and archives.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { makeTar, type TarEntry } from './tar.ts';

export type Compression = 'gzip' | 'zstd' | 'none';
export type MediaTypes = 'docker' | 'oci';

export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  bytes(): Buffer;
}

export interface Layer extends Blob {
  readonly diffId: string;
}

export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

export interface Image {
  readonly manifest: Blob;
  readonly config: Blob;
  readonly layers: readonly Layer[];
  readonly platform: Platform;
}

export interface LayerSource {
  readonly entries: readonly TarEntry[];
  /** Overrides the image's. */
  readonly compression?: Compression;
}

export interface ImageOptions {
  readonly layers: readonly (LayerSource | Layer)[];
  /** The `config` object of the image configuration: Cmd, Env, User, ... */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly mediaTypes?: MediaTypes;
  readonly compression?: Compression;
  readonly platform?: Platform;
}

const HOST_PLATFORM: Platform = { architecture: process.arch === 'x64' ? 'amd64' : process.arch, os: 'linux' };

/** Media types of image-spec v1.1 and of distribution's schema 2. */
const TYPES = {
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: {
      gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
      zstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
      none: 'application/vnd.docker.image.rootfs.diff.tar',
    },
  },
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: {
      gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
      zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
      none: 'application/vnd.oci.image.layer.v1.tar',
    },
  },
} as const;

/** An image of the given layers, oldest first. */
export function makeImage(options: ImageOptions): Image {
  const family = options.mediaTypes ?? 'docker';
  const platform = options.platform ?? HOST_PLATFORM;
  const layers = options.layers.map((layer) =>
    'entries' in layer
      ? makeLayer(makeTar(layer.entries), { family, compression: layer.compression ?? options.compression ?? 'gzip' })
      : layer,
  );
  const config = jsonBlob(TYPES[family].config, {
    ...platform,
    created: '2026-01-02T03:04:05.678901234Z',
    config: options.config ?? {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map((_, index) => ({ created: '2026-01-02T03:04:05Z', created_by: `layer ${index}` })),
  });
  const manifest = jsonBlob(TYPES[family].manifest, {
    schemaVersion: 2,
    mediaType: TYPES[family].manifest,
    config: descriptor(config),
    layers: layers.map(descriptor),
  });
  return { manifest, config, layers, platform };
}

/** An index (manifest list) over images. */
export function makeIndex(images: readonly Image[], family: MediaTypes = 'docker'): Blob {
  return jsonBlob(TYPES[family].index, {
    schemaVersion: 2,
    mediaType: TYPES[family].index,
    manifests: images.map(({ manifest, platform }) => ({ ...descriptor(manifest), platform })),
  });
}

/** A layer blob of an uncompressed tar. */
export function makeLayer(tar: Buffer, options: { family: MediaTypes; compression: Compression }): Layer {
  const pack = { gzip: gzipSync, zstd: zstdCompressSync, none: (data: Buffer) => data }[options.compression];
  return { ...blob(TYPES[options.family].layer[options.compression], pack(tar)), diffId: digestOf(tar) };
}

/** A layer whose blob lies in a file, read when it is needed. */
export function fileLayer(
  path: string,
  facts: { mediaType: string; digest: string; size: number; diffId: string },
): Layer {
  return { ...facts, bytes: () => readFileSync(path) };
}

export function blob(mediaType: string, bytes: Buffer): Blob {
  return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes: () => bytes };
}

export function descriptor({ mediaType, digest, size }: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest, size };
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function jsonBlob(mediaType: string, value: unknown): Blob {
  return blob(mediaType, Buffer.from(JSON.stringify(value, undefined, 3)));
}
