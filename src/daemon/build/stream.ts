// A stream that JavaScript makes, for the native library to read.
import type { Archive } from '../../builder/host.types.ts';
import { PipeSink } from '../../image/pipe-sink.ts';
import type { Native } from '../../native/native.ts';

export function streamOf(native: Pick<Native, 'pipe'>, bytes: AsyncIterable<Uint8Array>): Archive {
  const pipe = native.pipe({ wide: true });
  const finished = feed(new PipeSink(pipe.write), bytes);
  finished.catch(() => undefined);
  return { fd: pipe.read, finished };
}

/** Who reads may stop at the end of the archive, before the last zeros: what went wrong there it says itself. */
async function feed(sink: PipeSink, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of bytes) await sink.write(chunk);
    await sink.end();
  } catch (error) {
    const broken = sink.broken;
    sink.destroy();
    if (!broken) throw error;
  }
}
