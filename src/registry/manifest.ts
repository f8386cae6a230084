// Reads manifests and indexes: bytes of a registry or an archive in, checked values out. Pure; nothing is fetched.
import { TskerError } from '../util/errors.ts';
import { isDigest } from './digest.ts';
import { isImageConfigType, isIndexType, isLayerType, isManifestType, isSchema1Type } from './media-types.ts';
import type { Platform } from './platform.ts';

/** Bytes that a manifest, an index or a configuration may have; distribution's own limit for manifests. */
export const MAX_MANIFEST = 4 * 1024 * 1024;
/** Docker's limit of layers in one image (layer.MaxLayerDepth). */
export const MAX_LAYERS = 125;
const MAX_INDEX_ENTRIES = 10_000;

/** image-spec descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly urls: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly platform: Platform | undefined;
}

export interface ImageManifest {
  readonly kind: 'image';
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly manifests: readonly Descriptor[];
}

type Json = Readonly<Record<string, unknown>>;

/**
 * `mediaType` is the one of the response or the descriptor; a document without one of its own is told by its fields.
 * Throws `corrupt` for what is no manifest, `unsupported` for schema 1 and for what is no image.
 */
export function parseManifest(bytes: Uint8Array, mediaType: string): ImageManifest | ImageIndex {
  if (bytes.length > MAX_MANIFEST) throw corrupt(`it has more than ${MAX_MANIFEST} bytes`);
  const document = parseJson(bytes);
  const type = typeof document['mediaType'] === 'string' ? document['mediaType'] : mediaType;
  if (isSchema1Type(type) || document['schemaVersion'] === 1) throw schema1();
  if (document['schemaVersion'] !== 2) throw corrupt('schemaVersion is not 2');
  if (isIndexType(type) || (!isManifestType(type) && Array.isArray(document['manifests']))) return toIndex(document);
  return toImage(document, type);
}

function toIndex(document: Json): ImageIndex {
  if ('layers' in document || 'config' in document) throw corrupt('an index has layers or a configuration');
  const entries = arrayOf(document['manifests'], 'manifests');
  if (entries.length > MAX_INDEX_ENTRIES) throw corrupt(`more than ${MAX_INDEX_ENTRIES} manifests`);
  return { kind: 'index', manifests: entries.map((entry, index) => toDescriptor(entry, `manifests[${index}]`)) };
}

function toImage(document: Json, type: string): ImageManifest {
  if ('manifests' in document) throw corrupt('an image manifest has manifests');
  if (!isManifestType(type) && document['config'] === undefined) {
    throw new TskerError('unsupported', `unsupported manifest format: ${type}`);
  }
  const config = toDescriptor(document['config'], 'config');
  const layers = arrayOf(document['layers'], 'layers').map((layer, index) => toDescriptor(layer, `layers[${index}]`));
  if (!isImageConfigType(config.mediaType)) throw notAnImage(config.mediaType);
  const odd = layers.find((layer) => !isLayerType(layer.mediaType));
  if (odd !== undefined) throw notAnImage(odd.mediaType);
  if (layers.length > MAX_LAYERS) throw corrupt(`${layers.length} layers, the most are ${MAX_LAYERS}`);
  return { kind: 'image', config, layers };
}

function toDescriptor(value: unknown, where: string): Descriptor {
  const object = asObject(value);
  if (object === undefined) throw corrupt(`${where} is no descriptor`);
  const { digest, size, mediaType = '' } = object;
  if (typeof digest !== 'string' || !isDigest(digest)) throw corrupt(`${where} has no valid digest`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw corrupt(`${where} has no valid size`);
  if (typeof mediaType !== 'string') throw corrupt(`${where} has no valid media type`);
  return {
    mediaType,
    digest,
    size,
    urls: Array.isArray(object['urls']) ? object['urls'].filter((url) => typeof url === 'string') : [],
    annotations: stringsOf(object['annotations']),
    platform: toPlatform(object['platform']),
  };
}

function toPlatform(value: unknown): Platform | undefined {
  const { os, architecture, variant } = asObject(value) ?? {};
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
  return { os, architecture, ...(typeof variant === 'string' && variant !== '' ? { variant } : {}) };
}

/** Parses a JSON object; throws `corrupt`. */
export function parseJson(bytes: Uint8Array): Json {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch (error) {
    throw new TskerError('corrupt', 'invalid manifest: it is not JSON', { cause: error });
  }
  const object = asObject(value);
  if (object === undefined) throw corrupt('it is not a JSON object');
  return object;
}

function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function arrayOf(value: unknown, where: string): unknown[] {
  if (!Array.isArray(value)) throw corrupt(`${where} is no list`);
  return value;
}

function stringsOf(value: unknown): Record<string, string> {
  const pairs = Object.entries(asObject(value) ?? {});
  return Object.fromEntries(pairs.flatMap(([key, item]) => (typeof item === 'string' ? [[key, item]] : [])));
}

function corrupt(what: string): TskerError {
  return new TskerError('corrupt', `invalid manifest: ${what}`);
}

function notAnImage(mediaType: string): TskerError {
  return new TskerError('unsupported', `unsupported media type ${mediaType}: this is not a container image`);
}

function schema1(): TskerError {
  return new TskerError(
    'unsupported',
    'unsupported manifest: Docker image manifest version 2, schema 1 is not supported',
    {
      hint: 'push the image again with a client of 2016 or later, or copy it with `skopeo copy`',
    },
  );
}
