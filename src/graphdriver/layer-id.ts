// Layer ids as names of directories. Pure.
import { TskerError } from '../util/errors.ts';

const ID = /^[a-z0-9][a-z0-9-]{25,79}$/;

/** Whether a directory's name is an id; what else a driver keeps in its home is not. */
export function isLayerId(name: string): boolean {
  return ID.test(name);
}

/** Ids become paths that root code removes recursively: anything else is refused here. */
export function checkLayerId(id: string): string {
  if (!isLayerId(id)) throw new TskerError('internal', `not a layer id: ${JSON.stringify(id)}`);
  return id;
}
