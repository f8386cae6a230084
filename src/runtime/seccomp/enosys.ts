// System calls that are newer than a profile: a program probes for them and falls back on ENOSYS, while EPERM makes it
// give up (glibc and clone3, faccessat2). A few instructions in front of the compiled filter answer them, as runc does. Pure.
import * as linux from '../../native/linux.ts';
import type { SeccompRules } from '../../native/native.ts';

/** Names and numbers since 5.1, from when on every architecture has the same: enough to find the newest a profile knows. */
const UNIFIED: Readonly<Record<string, number>> = {
  pidfd_send_signal: 424,
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  pidfd_open: 434,
  clone3: 435,
  close_range: 436,
  openat2: 437,
  pidfd_getfd: 438,
  faccessat2: 439,
  process_madvise: 440,
  epoll_pwait2: 441,
  mount_setattr: 442,
  quotactl_fd: 443,
  landlock_create_ruleset: 444,
  landlock_add_rule: 445,
  landlock_restrict_self: 446,
  memfd_secret: 447,
  process_mrelease: 448,
  futex_waitv: 449,
  set_mempolicy_home_node: 450,
  cachestat: 451,
  fchmodat2: 452,
  map_shadow_stack: 453,
  futex_wake: 454,
  futex_wait: 455,
  futex_requeue: 456,
  statmount: 457,
  listmount: 458,
  lsm_get_self_attr: 459,
  lsm_set_self_attr: 460,
  lsm_list_modules: 461,
  mseal: 462,
  setxattrat: 463,
  getxattrat: 464,
  listxattrat: 465,
  removexattrat: 466,
  open_tree_attr: 467,
  file_getattr: 468,
  file_setattr: 469,
};

const ENOSYS = 38;
/** struct seccomp_data: nr, arch. */
const DATA_NR = 0;
const DATA_ARCH = 4;
/** linux/filter.h: BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_JMP | BPF_JGT | BPF_K, BPF_RET | BPF_K. */
const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const RETURN = 0x06;
/** An x32 call carries this bit in its number. */
const X32_BIT = 0x4000_0000;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, k: number];

/** The newest system call that the rules name; undefined for a profile older than the common numbering. */
export function newestCall(rules: SeccompRules): number | undefined {
  const numbers = rules.rules.flatMap(({ name }) => (Object.hasOwn(UNIFIED, name) ? [UNIFIED[name] ?? 0] : []));
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

/**
 * The filter with the answer for newer calls in front, when what it does with unknown calls is to return an error: a
 * profile that kills, or allows, does so for new calls as well.
 */
export function answerNewCalls(rules: SeccompRules, program: Buffer): Buffer {
  const newest = newestCall(rules);
  if (newest === undefined || rules.defaultAction !== linux.SECCOMP_RET_ERRNO) return program;
  const architectures = rules.architectures.filter((one) => one !== linux.AUDIT_ARCH_X32);
  if (architectures.length === 0) return program;
  const x32 = rules.architectures.includes(linux.AUDIT_ARCH_X32);
  return Buffer.concat([encode(preamble(architectures, newest, x32)), program]);
}

/**
 * load arch; for each: equal → check; otherwise → program. check: load nr; [x32: from its bit on → program;]
 * greater than the newest → ENOSYS; program.
 */
function preamble(architectures: readonly number[], newest: number, x32: boolean): Instruction[] {
  const check: Instruction[] = [
    [LOAD, 0, 0, DATA_NR],
    ...(x32 ? ([[JUMP_GREATER, 2, 0, X32_BIT - 1]] satisfies Instruction[]) : []),
    [JUMP_GREATER, 0, 1, newest],
    [RETURN, 0, 0, (linux.SECCOMP_RET_ERRNO | ENOSYS) >>> 0],
  ];
  const tests = architectures.map((architecture, index): Instruction => {
    const remaining = architectures.length - index - 1;
    return [JUMP_EQUAL, remaining, remaining === 0 ? check.length : 0, architecture];
  });
  return [[LOAD, 0, 0, DATA_ARCH], ...tests, ...check];
}

/** struct sock_filter: u16 code, u8 jt, u8 jf, u32 k. */
function encode(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([code, ifTrue, ifFalse, k], index) => {
    const at = index * 8;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(ifTrue, at + 2);
    bytes.writeUInt8(ifFalse, at + 3);
    bytes.writeUInt32LE(k, at + 4);
  });
  return bytes;
}
