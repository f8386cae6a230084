// `--storage-opt overlay2.*` with Docker's names. Pure.
import { TskerError } from '../util/errors.ts';
import { parseStorageOptions } from './storage-options.ts';

const KNOWN = ['overlay2.mountopt', 'overlay2.override_kernel_check'];

/** The driver's own: where layers are is not for the user to say. */
const OWN = /^(lowerdir|upperdir|workdir)(=|$)/;

/** Mount options to add to every mount. `override_kernel_check` has had no meaning for long, and is taken. */
export function parseOverlayOptions(given: readonly string[]): string[] {
  const options = parseStorageOptions(
    'overlay2',
    given.map((one) => one.replace(/^overlay\./i, 'overlay2.')),
    KNOWN,
  );
  const added = (options.get('overlay2.mountopt') ?? '').split(',').filter((word) => word !== '');
  const own = added.find((option) => OWN.test(option));
  if (own === undefined) return added;
  throw new TskerError('invalid', `overlay2.mountopt: ${own.split('=')[0]} is not for the user to set`);
}
