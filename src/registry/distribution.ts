// The verb behind `distribution/{name}/json`: what a registry has under a name, and for which platforms, without pulling it.
import { parseImageConfig } from '../image/config.ts';
import type { DistributionInspect, RegistryAuth } from '../types/image.ts';
import { TskerError } from '../util/errors.ts';
import { RegistryClient } from './client.ts';
import type { Connections } from './connections.ts';
import { matchesDigest } from './digest.ts';
import { type Descriptor, MAX_MANIFEST, parseManifest } from './manifest.ts';
import type { Platform } from './platform.ts';
import { type Reference, withDefaultTag } from './reference.ts';
import { DEFAULT_RETRY } from './retry.ts';

export interface DistributionRequest {
  readonly reference: Reference;
  readonly auth: RegistryAuth | undefined;
  readonly signal: AbortSignal;
}

export async function inspectDistribution(
  connections: Connections,
  { reference, auth, signal }: DistributionRequest,
): Promise<DistributionInspect> {
  const { domain, path, tag = '', digest } = withDefaultTag(reference);
  const connection = await connections.open({ domain, auth, scopes: [`repository:${path}:pull`] });
  const client = new RegistryClient({ http: connections.http, connection, repository: path, retry: DEFAULT_RETRY });
  const raw = await client.manifest(digest ?? tag, signal);
  const manifest = parseManifest(raw.bytes, raw.mediaType);
  const platforms =
    manifest.kind === 'index'
      ? manifest.manifests.flatMap(({ platform }) => (platform === undefined ? [] : [platform]))
      : [await platformOf(client, manifest.config, signal)];
  return {
    Descriptor: { mediaType: raw.mediaType, digest: raw.digest, size: raw.bytes.length },
    Platforms: platforms.map(({ architecture, os, variant }) => ({
      architecture,
      os,
      ...(variant === undefined ? {} : { variant }),
    })),
  };
}

async function platformOf(client: RegistryClient, config: Descriptor, signal: AbortSignal): Promise<Platform> {
  const { digest, size } = config;
  if (size > MAX_MANIFEST) throw new TskerError('corrupt', 'the image configuration is too large');
  const chunks: Uint8Array[] = [];
  let read = 0;
  for await (const chunk of await client.blob({ digest, size, offset: 0, signal })) {
    read += chunk.length;
    if (read > size) throw new TskerError('corrupt', `the blob ${digest} is longer than the manifest says`);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  if (!matchesDigest(bytes, digest)) throw new TskerError('corrupt', `the blob ${digest} has another digest`);
  const { architecture, os, variant } = parseImageConfig(bytes);
  return { architecture, os, ...(variant === undefined ? {} : { variant }) };
}
