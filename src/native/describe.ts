// Operations in words, for error messages and for explaining a start. Pure.
import { describeErrno } from './errno.ts';
import type { Op } from './ops.ts';

/** `mkdir /x`, `mount /proc`, `seccomp`: the operation's name and what it acts on. */
export function describeOp(op: Op): string {
  const subject = subjectOf(op);
  const name = op.op.toLowerCase();
  return subject === undefined || subject === '' ? name : `${name} ${subject}`;
}

/** `mkdir /x: ENOSPC: no space left on device`. */
export function describeFailure(op: Op | undefined, errno: number): string {
  return `${op === undefined ? 'launch plan' : describeOp(op)}: ${describeErrno(errno)}`;
}

function subjectOf(op: Op): string | undefined {
  if ('target' in op) return op.target;
  if ('path' in op) return op.path;
  switch (op.op) {
    case 'RENAME':
    case 'COPYTREE':
      return op.to;
    case 'HOSTNAME':
    case 'DOMAINNAME':
      return op.name;
    case 'EXEC':
      return op.argv[0];
    case 'LOOKUP':
      return op.program;
    default:
      return undefined;
  }
}
