// Names of volumes: what the local driver takes (moby volume/local), and names that are made up. Pure but for chance.
import { randomBytes } from 'node:crypto';
import { TskerError } from '../util/errors.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Throws `invalid` with Docker's message. A name is a directory, so this is what keeps it below the root. */
export function checkName(name: string): void {
  if (name.length === 1) {
    throw new TskerError('invalid', 'volume name is too short, names should be at least two alphanumeric characters');
  }
  if (name.length <= 255 && NAME.test(name)) return;
  throw new TskerError(
    'invalid',
    `"${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
  );
}

export function makeName(): string {
  return randomBytes(32).toString('hex');
}
