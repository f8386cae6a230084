// What both who pack with tar-fs share: one entry as a promise, and a stream of small pieces as one of large pieces.
import type tar from 'tar-fs';

export type Pack = ReturnType<typeof tar.pack>;
export type Header = Parameters<Pack['entry']>[0];

/** An entry and all of its content. */
export function addEntry(pack: Pack, header: Header, content?: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const done = (error?: Error | null): void => (error === undefined || error === null ? resolve() : reject(error));
  if (content === undefined) pack.entry(header, done);
  else pack.entry(header, content, done);
  return promise;
}

/** Few large pieces are faster on their way than many small ones. */
const PIECE = 256 * 1024;

export async function* inPieces(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let waiting: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    waiting.push(chunk);
    size += chunk.length;
    if (size < PIECE) continue;
    yield waiting.length === 1 ? chunk : Buffer.concat(waiting, size);
    waiting = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(waiting, size);
}
