// A file that a client on this machine names: opened only when it is the one the client sees, whatever either side's mounts are.
// Writing begins at its first byte; what is there is not cut off.
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { TskerError } from '../util/errors.ts';
import { type FileIdentity, isSameFile } from '../util/file-identity.ts';

/** Throws `not_found` when there is no such regular file here, or another one. */
export async function openIdentified(identity: FileIdentity, to: 'read' | 'write' = 'read'): Promise<FileHandle> {
  // Looked at before it is opened: to open a device may do something.
  if (!isIdentified(await look(identity.Path), identity)) throw notSeen(identity);
  const mode = to === 'read' ? constants.O_RDONLY : constants.O_WRONLY;
  const file = await open(identity.Path, mode | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw notSeen(identity, cause);
  });
  try {
    if (isIdentified(await file.stat({ bigint: true }), identity)) return file;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  throw notSeen(identity);
}

type Status = Awaited<ReturnType<typeof look>>;

async function look(path: string) {
  try {
    return await stat(path, { bigint: true });
  } catch {
    return undefined;
  }
}

function isIdentified(status: Status, identity: FileIdentity): boolean {
  return status?.isFile() === true && isSameFile(status, identity);
}

function notSeen({ Path }: FileIdentity, cause?: unknown): TskerError {
  return new TskerError('not_found', `the daemon does not see that file: ${Path}`, { cause });
}
