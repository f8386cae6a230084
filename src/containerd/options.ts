// The command line of `tsker containerd`. Pure.
import { TskerError } from '../util/errors.ts';

export interface ContainerdOptions {
  /** Its socket, the tasks' directories, the runtime's own state. */
  readonly state: string;
  /** The OCI runtime's words before `--root`; the first is a path. */
  readonly runtime: readonly string[];
}

/** `--state DIR -- RUNTIME [WORD...]`. Throws `invalid`. */
export function parseContainerdOptions(argv: readonly string[]): ContainerdOptions {
  const [flag, state, separator, ...runtime] = argv;
  if (flag !== '--state' || state === undefined || separator !== '--' || runtime[0]?.startsWith('/') !== true) {
    throw new TskerError('invalid', 'usage: tsker containerd --state DIR -- /PATH/OF/RUNTIME [WORD...]', {
      hint: '`tsker daemon --arch split` starts it',
    });
  }
  if (!state.startsWith('/')) throw new TskerError('invalid', `--state ${state}: the path must be absolute`);
  return { state, runtime };
}
