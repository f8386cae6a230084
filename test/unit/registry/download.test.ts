import test from 'ava';
import { downloadBlob } from '../../../src/registry/download.ts';
import { TransientError } from '../../../src/registry/errors.ts';
import { FallbackSource } from '../../../src/registry/fallback.ts';
import type { BlobRequest, ImageSource } from '../../../src/registry/source.ts';

const CONTENT = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
/** Bytes of a connection after which its end is no failure. */
const PROGRESS = 64 * 1024;
const RETRY = { attempts: 3, baseDelay: 1, maxDelay: 1 };

/** A source that answers each request for a blob by the next of `answers`. */
function source(answers: ((request: BlobRequest) => AsyncIterable<Uint8Array>)[]): ImageSource & { offsets: number[] } {
  const offsets: number[] = [];
  return {
    offsets,
    blob: async (request) => {
      offsets.push(request.offset);
      const answer = answers.shift();
      if (answer === undefined) throw new TransientError('refused');
      return answer(request);
    },
    manifest: async () => {
      throw new Error('not asked');
    },
    tags: async () => [],
  };
}

/** The rest of the content, cut after `count` bytes. */
function cutAfter(count: number): (request: BlobRequest) => AsyncIterable<Uint8Array> {
  return async function* ({ offset }) {
    yield CONTENT.subarray(offset, offset + count);
    throw new TransientError('cut');
  };
}

async function* rest({ offset }: BlobRequest): AsyncGenerator<Uint8Array> {
  for (let at = offset; at < CONTENT.length; at += 100) yield CONTENT.subarray(at, at + 100);
}

async function download(from: ImageSource, size = CONTENT.length): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await downloadBlob({
    source: from,
    blob: { digest: 'sha256:x', size, urls: [] },
    retry: RETRY,
    signal: new AbortController().signal,
    write: async (chunk) => void chunks.push(Buffer.from(chunk)),
    onProgress: () => undefined,
    onRetry: () => undefined,
  });
  return Buffer.concat(chunks);
}

test('a download that is cut goes on where it ended', async (t) => {
  const from = source([cutAfter(10), cutAfter(500), rest]);
  t.deepEqual(await download(from), CONTENT);
  t.deepEqual(from.offsets, [0, 10, 510]);
});

test('a connection that brought much is no failure, one that drips is', async (t) => {
  const size = 6 * PROGRESS;
  const much = (): ((request: BlobRequest) => AsyncIterable<Uint8Array>) =>
    async function* () {
      yield Buffer.alloc(PROGRESS);
      throw new TransientError('cut');
    };
  const from = source(Array.from({ length: 6 }, much));
  t.is((await download(from, size)).length, size, 'cut five times, with three tries');
  const dripping = source(Array.from({ length: 6 }, () => cutAfter(1)));
  await t.throwsAsync(download(dripping), { message: 'cut' });
  t.is(dripping.offsets.length, RETRY.attempts);
});

test('failures without progress end it', async (t) => {
  await t.throwsAsync(download(source([cutAfter(10)])), { message: 'refused' });
});

test('an answer that ends early is asked for again', async (t) => {
  const from = source([
    async function* () {
      yield CONTENT.subarray(0, 5);
    },
    rest,
  ]);
  t.deepEqual(await download(from), CONTENT);
});

test('more bytes than the manifest says end it at once', async (t) => {
  const from = source([rest]);
  await t.throwsAsync(download(from, 150), { code: 'corrupt', message: /more than the 150 bytes/ });
  t.is(from.offsets.length, 1);
});

test('fewer bytes than the manifest says end it', async (t) => {
  const from = source([rest, rest, rest, rest, rest]);
  await t.throwsAsync(download(from, 1500), { message: /ended after 1000 of 1500 bytes/ });
});

test('a mirror that breaks is left for the registry, which goes on at the offset', async (t) => {
  const mirror = source([cutAfter(300)]);
  const registry = source([rest]);
  t.deepEqual(await download(new FallbackSource([mirror], registry)), CONTENT);
  t.deepEqual([mirror.offsets, registry.offsets], [[0], [300]]);
});

test('the error of the last source counts', async (t) => {
  const broken = { ...source([]), manifest: () => Promise.reject(new Error('mirror')) };
  const registry = { ...source([]), manifest: () => Promise.reject(new Error('registry')) };
  const both = new FallbackSource([broken], registry);
  await t.throwsAsync(both.manifest('latest', new AbortController().signal), { message: 'registry' });
});
