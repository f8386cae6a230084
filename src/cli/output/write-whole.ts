// An archive into a file that appears when it is complete. Something that is no file (a pipe, /dev/null) is written to as
// it is.
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { FileWriter } from './file-writer.ts';

export async function writeWhole(archive: NodeJS.ReadableStream, path: string): Promise<void> {
  if (path.startsWith('/dev/')) return pipeline(archive, new FileWriter(path));
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await pipeline(archive, new FileWriter(temporary, { mode: 0o600, flags: 'wx' }));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
