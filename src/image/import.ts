// The verb import: a tar of a root file system, from the request or an address, becomes an image of one layer.
import type { LayerStore } from '../layer/store.types.ts';
import { HttpClient } from '../registry/http.ts';
import { hostPlatform, type Platform, parsePlatform } from '../registry/platform.ts';
import { throwIfAborted } from '../registry/retry.ts';
import { TskerError } from '../util/errors.ts';
import { applyChanges } from './changes.ts';
import { commitStaged } from './commit-staged.ts';
import type { LayerHolds } from './layer-holds.ts';
import { type Emit, progressMessage, throttle } from './progress.ts';
import { type Pipes, stageStream } from './stage-stream.ts';
import type { Image, ImageConfigDocument, ImageStore } from './store.types.ts';

export interface ImportOptions {
  readonly images: ImageStore;
  readonly layers: LayerStore;
  readonly holds: LayerHolds;
  readonly native: Pipes;
  readonly userAgent: string;
}

export interface ImportRequest {
  /** `-`: the body; or an http(s) URL. */
  readonly source: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Normalized; none: the image has no name. */
  readonly names: readonly string[];
  readonly message: string | undefined;
  readonly changes: readonly string[];
  readonly platform: string | undefined;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

const STALL_TIMEOUT = 30_000;

export async function importImage(request: ImportRequest, options: ImportOptions): Promise<Image> {
  const { layers, holds, native, images } = options;
  const { signal } = request;
  const platform = request.platform === undefined ? hostPlatform() : parsePlatform(request.platform);
  const config = applyChanges({}, request.changes);
  const staged = await stageStream(
    { layers, native, parent: Promise.resolve(undefined), signal },
    async (write, stop) => {
      for await (const chunk of contentOf(request, options, stop)) {
        throwIfAborted(stop);
        await write(chunk);
      }
    },
  );
  const hold = holds.hold([staged.diffId]);
  try {
    const layer = await commitStaged(staged, { verify: () => undefined, parent: Promise.resolve(undefined) });
    const document = toDocument({ diffId: layer.diffId, platform, message: messageOf(request), config });
    return await images.put(Buffer.from(JSON.stringify(document)), request.names);
  } catch (error) {
    await holds.release(staged.diffId);
    throw error;
  } finally {
    await hold.end();
  }
}

/** Docker's comment when none is given. */
function messageOf({ message, source }: ImportRequest): string {
  return message ?? `Imported from ${source}`;
}

function contentOf(request: ImportRequest, options: ImportOptions, signal: AbortSignal): AsyncIterable<Uint8Array> {
  return request.source === '-' ? request.body : download(request, options, signal);
}

async function* download(
  { source, emit }: ImportRequest,
  { userAgent }: ImportOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const url = URL.parse(source.includes('://') ? source : `http://${source}`);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new TskerError('invalid', `invalid source to import: ${source}`);
  const http = new HttpClient({ userAgent, stallTimeout: STALL_TIMEOUT });
  try {
    emit({ status: `Downloading from ${source}` });
    const response = await http.request({ url: url.href, insecure: false, signal });
    if (response.status !== 200) {
      response.discard();
      throw new TskerError('unavailable', `failed to GET ${url.origin}${url.pathname} with status ${response.status}`);
    }
    const total = Number(response.headers.get('content-length') ?? 0);
    const report = throttle((current) => emit(progressMessage('', 'Importing', { current, total })));
    let current = 0;
    for await (const chunk of response.body) {
      current += chunk.length;
      report(current);
      yield chunk;
    }
  } finally {
    http.close();
  }
}

interface DocumentFacts {
  readonly diffId: string;
  readonly platform: Platform;
  readonly message: string;
  readonly config: NonNullable<ImageConfigDocument['config']>;
}

function toDocument({ diffId, platform, message, config }: DocumentFacts): ImageConfigDocument {
  const created = new Date().toISOString();
  return {
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    created,
    comment: message,
    config,
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created, comment: message }],
  };
}
