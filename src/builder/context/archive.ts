// A tar stream into a directory. The unpacking is the native library's, which resolves every name within the directory.
import { PipeSink } from '../../image/pipe-sink.ts';
import { ArchiveError } from '../../native/archive-error.ts';
import type { PlaceResult } from '../../native/archive-requests.ts';
import { O_CLOEXEC, O_DIRECTORY, O_RDONLY } from '../../native/linux.ts';
import { TskerError } from '../../util/errors.ts';
import { readable } from './compression.ts';
import type { ContextParts } from './parts.ts';

export interface PlaceArchive {
  readonly body: AsyncIterable<Uint8Array>;
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** Everything belongs to root afterwards, as COPY has it. Throws in Docker's words for what is no archive. */
export async function placeArchive(
  { native }: Pick<ContextParts, 'native'>,
  { body, directory, signal }: PlaceArchive,
): Promise<PlaceResult> {
  const chunks = readable(body, signal)[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return { size: 0, entries: 0 };
  const root = native.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  try {
    const pipe = native.pipe({ wide: true });
    const sink = new PipeSink(pipe.write);
    const placed = native.place({ root, path: '/', fd: pipe.read, owner: { uid: 0, gid: 0 }, signal });
    // When placing fails its end of the pipe is closed, and that is the error to tell of, not the broken pipe.
    const [outcome, fed] = await Promise.allSettled([placed, feed(sink, first.value, chunks)]);
    if (outcome.status === 'rejected' && !(fed.status === 'rejected' && isOfSource(fed.reason))) {
      throw inDockersWords(outcome.reason);
    }
    if (fed.status === 'rejected') throw fed.reason;
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  } finally {
    native.close(root);
  }
}

async function feed(sink: PipeSink, first: Uint8Array, rest: AsyncIterator<Uint8Array>): Promise<void> {
  try {
    for (let chunk = first; ; ) {
      await sink.write(chunk);
      const next = await rest.next();
      if (next.done === true) break;
      chunk = next.value;
    }
    await sink.end();
  } catch (error) {
    sink.destroy();
    throw error;
  } finally {
    await rest.return?.();
  }
}

/** A stream that broke off says more than the archive that is too short for it. */
function isOfSource(error: unknown): boolean {
  return error instanceof TskerError;
}

function inDockersWords(error: unknown): unknown {
  if (!(error instanceof ArchiveError) || error.reason !== 'archive') return error;
  return new TskerError('invalid', `Error processing tar file(exit status 1): ${error.message}`, { cause: error });
}
