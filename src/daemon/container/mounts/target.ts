// What all kinds of mounts have in common: where in the container they go, how mounts spread. Pure.
import { posix } from 'node:path';
import { TskerError } from '../../../util/errors.ts';

export const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];

/** The place in the container, without dots. */
export function checkTarget(target: string, prefix: string, type: string): string {
  if (!target.startsWith('/')) {
    throw new TskerError(
      'invalid',
      `${prefix}invalid mount config for type "${type}": invalid mount path: '${target}' mount path must be absolute`,
    );
  }
  const clean = posix.normalize(target).replace(/(?<=.)\/$/, '');
  if (clean === '/') {
    throw new TskerError(
      'invalid',
      `${prefix}invalid mount config for type "${type}": invalid specification: destination can't be '/'`,
    );
  }
  return clean;
}
