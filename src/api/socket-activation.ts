// Sockets that systemd opened before it started the daemon: sd_listen_fds(3) in Docker's words. It listens on none.
import { TskerError } from '../util/errors.ts';

/** The first that is handed over (SD_LISTEN_FDS_START). */
const FIRST = 3;

export interface ActivationEnvironment {
  readonly LISTEN_PID?: string | undefined;
  readonly LISTEN_FDS?: string | undefined;
}

/** Descriptors handed to the process `pid`; `wanted` is one of them, or undefined for all. Throws `invalid` without any. */
export function activatedDescriptors(
  { LISTEN_PID: owner, LISTEN_FDS: count }: ActivationEnvironment,
  { pid, wanted }: { readonly pid: number; readonly wanted: number | undefined },
): readonly number[] {
  const number = owner === String(pid) && /^\d{1,4}$/.test(count ?? '') ? Number(count) : 0;
  if (number === 0) {
    throw new TskerError(
      'invalid',
      'no sockets found via socket activation: make sure the service was started by systemd',
    );
  }
  const descriptors = Array.from({ length: number }, (_, index) => FIRST + index);
  if (wanted === undefined) return descriptors;
  if (descriptors.includes(wanted)) return [wanted];
  throw new TskerError('invalid', `too few socket activated files passed in by systemd: there is no ${wanted}`);
}

/** Programs that the daemon starts were handed nothing. */
export function forgetActivation(env: NodeJS.ProcessEnv): void {
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name];
}
