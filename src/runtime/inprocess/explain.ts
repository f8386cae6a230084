// A start that failed, as an error that a person and a docker client understand. The client looks for phrases in it to
// choose its exit code (COMPAT.md, trap 12), so Docker's words come first and our reason after them.
import type { RootfsMount } from '../../graphdriver/driver.ts';
import { describeFailure } from '../../native/describe.ts';
import { ERRNO, errnoName } from '../../native/errno.ts';
import { PlanError } from '../../native/native.ts';
import type { Op } from '../../native/ops.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import { errnoText, explainExec } from '../reasons.ts';
import type { RootCache } from '../rootfs/cache.ts';
import type { Process } from '../spec.ts';
import type { RuntimeContext } from './context.ts';

export interface Failure {
  readonly error: unknown;
  readonly plan: readonly Op[];
  readonly rootfs: RootfsMount;
  readonly process: Process;
}

/** As dockerd says it. */
export const DOCKER_PREFIXES = {
  start: 'failed to create task for container',
  exec: 'OCI runtime exec failed: exec failed: unable to start container process',
};

type Explainer = Pick<RuntimeContext, 'roots' | 'failurePrefixes'>;

export function explainStart({ roots, failurePrefixes }: Explainer, failure: Failure): TskerError {
  return explain(roots, failure, failurePrefixes.start);
}

export function explainExecStart({ roots, failurePrefixes }: Explainer, failure: Failure): TskerError {
  return explain(roots, failure, failurePrefixes.exec);
}

function explain(roots: RootCache, { error, plan, rootfs, process }: Failure, prefix: string): TskerError {
  if (!(error instanceof PlanError)) {
    return new TskerError('internal', `${prefix}: ${messageOf(error)}`, { cause: error });
  }
  const op = error.op ?? plan[error.index];
  const details = { cause: error, errno: errnoName(error.errno) };
  if (op?.op === 'EXEC' || op?.op === 'LOOKUP') {
    const { code, message, reason } = roots.read(rootfs, (reader) => explainExec(reader, process, error.errno));
    return new TskerError(code, `${prefix}: ${message}${reason === undefined ? '' : `: ${reason}`}`, details);
  }
  if (op?.op === 'CHDIR' && op.inRoot === true) {
    const code = error.errno === ERRNO.EACCES ? 'command_not_executable' : 'invalid';
    const message = `${prefix}: chdir to cwd (${JSON.stringify(op.path)}) set in config.json failed: ${errnoText(error.errno)}`;
    return new TskerError(code, message, details);
  }
  if (op?.op === 'WRITE' && op.path.startsWith('/proc/self/attr/')) {
    const reason = `apparmor failed to apply profile: write ${op.path}: ${errnoText(error.errno)}`;
    return new TskerError('internal', `${prefix}: unable to apply apparmor profile: ${reason}`, details);
  }
  if (op?.op === 'WAIT' && error.errno === ERRNO.ECANCELED) {
    return new TskerError('cancelled', `${prefix}: the start was given up`, details);
  }
  const code = error.errno === ERRNO.ENOSPC ? 'no_space' : 'internal';
  return new TskerError(code, `${prefix}: ${describeFailure(op, error.errno)}`, details);
}
