// The sources of bind mounts: -v makes a missing one a directory, --mount refuses it, as in Docker. Such a directory is the
// user's from then on; nothing removes it.
import { existsSync, mkdirSync } from 'node:fs';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { UserMount } from './mounts/types.ts';

export function createBindSources(mounts: readonly UserMount[]): void {
  for (const mount of mounts) {
    if (mount.kind !== 'bind' || existsSync(mount.source)) continue;
    if (!mount.createSource) refuseSource(mount.source);
    createDirectory(mount.source);
  }
}

/** When a container is made: `docker run` leaves nothing behind. Throws `invalid`. */
export function requireBindSources(mounts: readonly UserMount[]): void {
  for (const mount of mounts) {
    if (mount.kind === 'bind' && !mount.createSource && !existsSync(mount.source)) refuseSource(mount.source);
  }
}

function refuseSource(source: string): never {
  throw new TskerError('invalid', `invalid mount config for type "bind": bind source path does not exist: ${source}`);
}

function createDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw new TskerError('invalid', `error while creating mount source path '${path}': ${messageOf(cause)}`, { cause });
  }
}
