// What an OCI runtime says when it cannot run a program, as the error that the monolith makes of it: the same words for the same
// reason, whoever found out.
import { ERRNO } from '../../native/errno.ts';
import { PlanError } from '../../native/native.ts';
import { DOCKER_PREFIXES, explainExecStart, explainStart, type Failure } from '../../runtime/inprocess/explain.ts';
import type { RootCache } from '../../runtime/rootfs/cache.ts';
import { messageOf, TskerError } from '../../util/errors.ts';

export interface RuntimeFailure extends Pick<Failure, 'rootfs' | 'process'> {
  readonly error: unknown;
  readonly roots: RootCache;
  readonly kind: 'start' | 'exec';
}

const TASK = 'failed to create task for container';

export function explainRuntime({ error, roots, kind, rootfs, process }: RuntimeFailure): Error {
  const message = messageOf(error);
  const errno = execErrno(message);
  const explain = kind === 'start' ? explainStart : explainExecStart;
  if (errno !== undefined) {
    const op = { op: 'EXEC', argv: process.args, envp: process.env, flags: 0 } as const;
    const explainer = { roots, failurePrefixes: DOCKER_PREFIXES };
    return explain(explainer, { error: new PlanError(op, 0, errno, message), plan: [op], rootfs, process });
  }
  const code = error instanceof TskerError ? error.code : 'internal';
  return new TskerError(code, kind === 'start' ? `${TASK}: ${message}` : message, { cause: error });
}

/** Of `execve`, as the runtime's words have it; undefined: it was something else that failed. */
export function execErrno(message: string): number | undefined {
  if (!/\bexec: "|exec user process|exec \S+: /.test(message)) return undefined;
  if (/executable file not found|no such file or directory/.test(message)) return ERRNO.ENOENT;
  if (/not a directory/.test(message)) return ERRNO.ENOTDIR;
  if (/exec format error/.test(message)) return ERRNO.ENOEXEC;
  if (/permission denied|is a directory/.test(message)) return ERRNO.EACCES;
  return undefined;
}
