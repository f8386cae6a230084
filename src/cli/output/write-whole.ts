// An archive into a file that appears when it is complete. Something that is no file (a pipe, /dev/null) is written to as
// it is.
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { FileWriter } from './file-writer.ts';

export async function writeWhole(archive: NodeJS.ReadableStream, path: string): Promise<void> {
  if (isSpecial(path)) return pipeline(archive, new FileWriter(path));
  await makeWhole(path, (temporary) => pipeline(archive, new FileWriter(temporary, { mode: 0o600, flags: 'wx' })));
}

export const isSpecial = (path: string): boolean => path.startsWith('/dev/');

/** `write` makes the file by another name; answering false it gives up, and nothing is left of it. */
export async function makeWhole(
  path: string,
  write: (temporary: string) => Promise<false | unknown>,
): Promise<boolean> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const isWritten = (await write(temporary)) !== false;
    if (isWritten) await rename(temporary, path);
    else await rm(temporary, { force: true });
    return isWritten;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
