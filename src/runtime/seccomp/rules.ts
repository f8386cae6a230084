// The OCI form of a seccomp profile as numbers for libseccomp (SeccompRules), and its filter flags. Pure.
import * as linux from '../../native/linux.ts';
import type { SeccompRule, SeccompRules } from '../../native/native.ts';
import { TskerError } from '../../util/errors.ts';
import type { Seccomp, SeccompArg, SeccompSyscall } from '../spec.ts';

const ACTIONS: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL: linux.SECCOMP_RET_KILL_THREAD,
  SCMP_ACT_KILL_THREAD: linux.SECCOMP_RET_KILL_THREAD,
  SCMP_ACT_KILL_PROCESS: linux.SECCOMP_RET_KILL_PROCESS,
  SCMP_ACT_TRAP: linux.SECCOMP_RET_TRAP,
  SCMP_ACT_ERRNO: linux.SECCOMP_RET_ERRNO,
  SCMP_ACT_TRACE: linux.SECCOMP_RET_TRACE,
  SCMP_ACT_LOG: linux.SECCOMP_RET_LOG,
  SCMP_ACT_ALLOW: linux.SECCOMP_RET_ALLOW,
};

const ARCHITECTURES: Readonly<Record<string, number>> = {
  SCMP_ARCH_X86: linux.AUDIT_ARCH_I386,
  SCMP_ARCH_X86_64: linux.AUDIT_ARCH_X86_64,
  SCMP_ARCH_X32: linux.AUDIT_ARCH_X32,
  SCMP_ARCH_ARM: linux.AUDIT_ARCH_ARM,
  SCMP_ARCH_AARCH64: linux.AUDIT_ARCH_AARCH64,
};

const FLAGS: Readonly<Record<string, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC: linux.SECCOMP_FILTER_FLAG_TSYNC,
  SECCOMP_FILTER_FLAG_LOG: linux.SECCOMP_FILTER_FLAG_LOG,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: linux.SECCOMP_FILTER_FLAG_SPEC_ALLOW,
};

/** The words of a profile that are known. */
export const SECCOMP_WORDS = {
  actions: Object.keys(ACTIONS).sort(),
  operators: Object.keys(linux.SCMP_COMPARE).sort(),
  archs: Object.keys(ARCHITECTURES).sort(),
};

/** Actions that carry an errno, and what it is when the profile is silent (runtime-spec: EPERM). */
const EPERM = 1;

/** Throws `invalid` for words that the specification does not have, `unsupported` for SCMP_ACT_NOTIFY. */
export function seccompRules(seccomp: Seccomp): SeccompRules {
  const defaultAction = action(seccomp.defaultAction);
  return {
    defaultAction,
    defaultErrno: errnoFor(defaultAction, seccomp.defaultErrnoRet),
    architectures: (seccomp.architectures ?? []).map((name) => lookup(ARCHITECTURES, name, 'architecture')),
    rules: (seccomp.syscalls ?? []).flatMap((rule) => translate(rule, seccomp)),
  };
}

/** No flags at all means SPEC_ALLOW, as with runc: the mitigation it switches off is dear and has been replaced. */
export function seccompFlags({ flags }: Seccomp): number {
  if (flags === undefined) return linux.SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  return flags.reduce((bits, name) => bits | lookup(FLAGS, name, 'flag'), 0);
}

function translate(rule: SeccompSyscall, seccomp: Seccomp): SeccompRule[] {
  const number = action(rule.action);
  const errno = errnoFor(number, rule.errnoRet);
  // libseccomp refuses a rule that says what the default says anyway.
  if (number === action(seccomp.defaultAction) && errno === errnoFor(number, seccomp.defaultErrnoRet)) return [];
  return rule.names.flatMap((name) =>
    conditions(rule.args ?? []).map((args) => ({ action: number, errno, name, args })),
  );
}

/** Conditions on different arguments must all hold; several on one argument are alternatives, one rule each (runc). */
function conditions(args: readonly SeccompArg[]): SeccompRule['args'][] {
  const indices = new Set(args.map(({ index }) => index));
  const encoded = args.map(encodeArg);
  return indices.size === args.length ? [encoded] : encoded.map((one) => [one]);
}

/** libseccomp takes the mask first and the value second; the specification, and Docker, `value` and `valueTwo` as such. */
function encodeArg({ index, op, value, valueTwo }: SeccompArg): SeccompRule['args'][number] {
  if (!Number.isInteger(index) || index < 0 || index > 5) {
    throw new TskerError('invalid', `seccomp: invalid argument index ${index}`);
  }
  return { index, op: lookup(linux.SCMP_COMPARE, op, 'operator'), value: word(value), valueTwo: word(valueTwo ?? 0) };
}

function word(value: number): bigint {
  if (!Number.isInteger(value)) throw new TskerError('invalid', `seccomp: invalid argument value ${value}`);
  return BigInt.asUintN(64, BigInt(value));
}

function action(name: string): number {
  if (name === 'SCMP_ACT_NOTIFY') {
    throw new TskerError('unsupported', 'seccomp: SCMP_ACT_NOTIFY needs an agent that listens, and there is none');
  }
  return lookup(ACTIONS, name, 'action');
}

function errnoFor(number: number, errno: number | undefined): number {
  const carries = number === linux.SECCOMP_RET_ERRNO || number === linux.SECCOMP_RET_TRACE;
  return carries ? (errno ?? EPERM) : 0;
}

function lookup(table: Readonly<Record<string, number>>, name: string, what: string): number {
  const value = Object.hasOwn(table, name) ? table[name] : undefined;
  if (value === undefined) throw new TskerError('invalid', `seccomp: unknown ${what} "${name}"`);
  return value;
}
