// Which OCI runtime: our own command line, or one of the host.
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { TskerError } from '../../util/errors.ts';
import { ownCommand } from '../../util/own-command.ts';

/** Where programs of root are, besides PATH. */
const USUAL = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Its words, the first a path. Throws `invalid` when there is none of that name. */
export function runtimeCommand(wanted: string): readonly string[] {
  if (wanted === 'tsker') return [...ownCommand(), 'runc'];
  if (wanted.startsWith('/')) return [requireProgram(wanted, wanted)];
  const places = `${process.env['PATH'] ?? ''}:${USUAL}`.split(':').filter((place) => place.startsWith('/'));
  const found = places.map((place) => join(place, wanted)).find(isProgram);
  return [requireProgram(wanted, found)];
}

function requireProgram(wanted: string, path: string | undefined): string {
  if (path !== undefined && isProgram(path)) return path;
  throw new TskerError('invalid', `--runtime ${wanted}: no such program`);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
