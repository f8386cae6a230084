// An archive into a file that appears when it is complete. Something that is no file (a pipe, /dev/null) is written to as
// it is.
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

export async function writeWhole(archive: NodeJS.ReadableStream, path: string): Promise<void> {
  if (path.startsWith('/dev/')) return pipeline(archive, createWriteStream(path));
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await pipeline(archive, createWriteStream(temporary, { mode: 0o600, flags: 'wx' }));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
