// Image archives as tars: `docker save` of old (manifest.json, layer.tar) and OCI layouts (index.json, blobs/).
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type Blob, descriptor, type Image, type Layer } from './image.ts';
import { makeTar, type TarEntry } from './tar.ts';

/** What `docker save` wrote before 25: uncompressed layers, configuration by its id, manifest.json, repositories. */
export function dockerArchive(image: Image, tags: readonly string[]): Buffer {
  const configName = `${hex(image.config.digest)}.json`;
  const layers = image.layers.map((layer) => ({ path: `${hex(layer.diffId)}/layer.tar`, content: unpacked(layer) }));
  const manifest = [{ Config: configName, RepoTags: tags, Layers: layers.map(({ path }) => path) }];
  return makeTar([
    ...layers.flatMap(({ path, content }): TarEntry[] => [
      { path: path.replace('layer.tar', ''), type: 'directory' },
      { path: path.replace('layer.tar', 'VERSION'), content: '1.0' },
      { path, content },
    ]),
    { path: configName, content: image.config.bytes() },
    { path: 'manifest.json', content: JSON.stringify(manifest) },
    { path: 'repositories', content: JSON.stringify(repositories(tags, image)) },
  ]);
}

/** An OCI image layout (image-spec image-layout.md), the tags as org.opencontainers.image.ref.name. */
export function ociArchive(image: Image, tags: readonly string[]): Buffer {
  const refs = tags.length === 0 ? [undefined] : tags;
  const manifests = refs.map((tag) => ({
    ...descriptor(image.manifest),
    ...(tag === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': tag } }),
  }));
  const blobs = new Map<string, Blob>(
    [image.manifest, image.config, ...image.layers].map((part) => [part.digest, part]),
  );
  return makeTar([
    { path: 'blobs/', type: 'directory' },
    { path: 'blobs/sha256/', type: 'directory' },
    ...[...blobs.values()].map((part) => ({ path: `blobs/sha256/${hex(part.digest)}`, content: part.bytes() })),
    { path: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests }) },
    { path: 'oci-layout', content: JSON.stringify({ imageLayoutVersion: '1.0.0' }) },
  ]);
}

function unpacked(layer: Layer): Buffer {
  const bytes = layer.bytes();
  if (layer.mediaType.endsWith('gzip')) return gunzipSync(bytes);
  return layer.mediaType.endsWith('zstd') ? zstdDecompressSync(bytes) : bytes;
}

function repositories(tags: readonly string[], image: Image): Record<string, Record<string, string>> {
  const top = hex(image.layers.at(-1)?.diffId ?? '');
  return Object.fromEntries(
    tags.map((tag) => {
      const colon = tag.lastIndexOf(':');
      return [tag.slice(0, colon), { [tag.slice(colon + 1)]: top }];
    }),
  );
}

function hex(digest: string): string {
  return digest.replace(/^sha256:/, '');
}
