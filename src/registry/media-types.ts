// The media types of manifests, configurations and layers: Docker's schema 2 and the OCI's (image-spec media-types.md).

export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';

/** What a manifest request accepts. Schema 1 is not among them: a registry that has nothing else says so by its answer. */
export const ACCEPTED_MANIFESTS: readonly string[] = [DOCKER_MANIFEST, DOCKER_INDEX, OCI_MANIFEST, OCI_INDEX];

const CONFIGS: ReadonlySet<string> = new Set([
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.oci.image.config.v1+json',
  // What some old pushers wrote; Docker takes them as well.
  'application/octet-stream',
  'text/html',
  '',
]);

const LAYER =
  /^application\/vnd\.(?:docker\.image\.rootfs\.(?:foreign\.)?diff\.tar|oci\.image\.layer\.(?:nondistributable\.)?v1\.tar)(?:[.+](?:gzip|zstd))?$/;

const FOREIGN = /\.(?:foreign|nondistributable)\./;

export function isIndexType(mediaType: string): boolean {
  return mediaType === DOCKER_INDEX || mediaType === OCI_INDEX;
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === DOCKER_MANIFEST || mediaType === OCI_MANIFEST;
}

export function isSchema1Type(mediaType: string): boolean {
  return /^application\/vnd\.docker\.distribution\.manifest\.v1\+(?:json|prettyjws)$/.test(mediaType);
}

export function isImageConfigType(mediaType: string): boolean {
  return CONFIGS.has(mediaType);
}

/** The compression a type claims is not believed: the unpacker looks at the bytes. */
export function isLayerType(mediaType: string): boolean {
  return LAYER.test(mediaType) || mediaType === 'application/octet-stream' || mediaType === '';
}

/** Layers that are not to be distributed, to be had at the descriptor's urls only. */
export function isForeignType(mediaType: string): boolean {
  return FOREIGN.test(mediaType);
}
