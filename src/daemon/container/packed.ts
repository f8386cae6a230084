// Archives that the native library writes: straight to a client's socket, or into a pipe, as chunks in JavaScript. Whoever
// stops reading stops the writer.
import { Socket } from 'node:net';
import type { ArchiveContent } from '../../api/container/backend.ts';
import { type Packed, type Packing, packIntoPipe } from '../../layer/archive.ts';
import type { Native } from '../../native/native.ts';
import { TskerError } from '../../util/errors.ts';
import { collectYoung } from '../../util/young-garbage.ts';
import { duplicateOf } from './client-connection.ts';

export interface ArchiveSource {
  readonly pack: Packing;
  /** Gives back what the archive is made of; called once, when it has been written. */
  close(): Promise<void>;
}

export function archiveContent(native: Pick<Native, 'dup' | 'pipe'>, source: ArchiveSource): ArchiveContent {
  return {
    read: () => readSource(native, source),
    async sendTo(connection, { chunked }) {
      try {
        const fd = duplicateOf(native, connection);
        if (fd === undefined) throw new TskerError('cancelled', 'the client closed the connection');
        await source.pack({ fd, chunked });
      } finally {
        await source.close();
      }
    },
  };
}

async function* readSource(
  native: Pick<Native, 'pipe'>,
  source: ArchiveSource,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* readPacked(packIntoPipe(native, source.pack));
  } finally {
    await source.close();
  }
}

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
