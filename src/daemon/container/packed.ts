// An archive that the native library writes into a pipe, as chunks in JavaScript. Whoever stops reading stops the writer.
import { Socket } from 'node:net';
import type { Packed } from '../../layer/archive.ts';
import { collectYoung } from '../../util/young-garbage.ts';

/** Throws what went wrong with the archive, after its last chunk. Its sources are in use until this has ended. */
export async function* readPacked({ fd, finished }: Packed): AsyncGenerator<Uint8Array, void, undefined> {
  const socket = new Socket({ fd, readable: true, writable: false });
  try {
    yield* collectYoung(socket as AsyncIterable<Uint8Array>);
    await finished;
  } finally {
    socket.destroy();
    // A writer without a reader ends by itself; it has to before what it reads from is closed.
    await finished.catch(() => undefined);
  }
}
