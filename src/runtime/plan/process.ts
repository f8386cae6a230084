// The last part of every plan, the same for a container's first process and for an exec: from the session to execve. Pure.
import type { Op } from '../../native/ops.ts';
import { SIGNALS } from '../../native/signals.ts';
import { TskerError } from '../../util/errors.ts';
import { capabilityMasks } from '../capabilities.ts';
import type { Process } from '../spec.ts';
import type { ProcessFacts, Slots } from './facts.ts';

const DEFAULT_UMASK = 0o022;

export interface ProcessRequest {
  readonly process: Process;
  readonly facts: ProcessFacts;
  readonly slots: Pick<Slots, 'daemon' | 'terminal' | 'hold' | 'pass'>;
  /** TSKER_EXEC_*. */
  readonly execFlags: number;
}

/** Session and terminal, limits, identity, filter, program; in runc's order (standard_init_linux.go). */
export function processOps({ process, facts, slots, execFlags }: ProcessRequest): Op[] {
  const program = process.args[0];
  if (program === undefined || program === '') throw new TskerError('invalid', 'no command specified');
  const { user } = process;
  const quiet = process.noNewPrivileges === true;
  const seccomp = seccompOps(facts);
  return [
    { op: 'SETSID' },
    ...terminalOps(slots.terminal),
    { op: 'UMASK', mask: user.umask ?? DEFAULT_UMASK },
    // Whoever lacks CAP_SYS_ADMIN may install a filter only with no_new_privs: while privileged, or after that.
    ...(quiet ? [{ op: 'NO_NEW_PRIVS' } as const] : seccomp),
    // With the privileges of root, as runc does: a working directory need not be open to the user. In the root, where no
    // link of /proc leads through a descriptor of the helper (CVE-2024-21626).
    { op: 'CHDIR', path: process.cwd, inRoot: true },
    // After the last descriptor that the helper opens: the limit may be one.
    ...facts.rlimits.map((limit): Op => ({ op: 'RLIMIT', ...limit })),
    ...identityOps(process, facts),
    ...(slots.daemon === undefined
      ? []
      : [{ op: 'DEATHSIG', signal: SIGNALS['SIGKILL'] ?? 9, slot: slots.daemon } as const]),
    ...holdOps(process, facts, slots.hold),
    ...(slots.pass === undefined ? [] : [{ op: 'PASS', ...slots.pass } as const]),
    ...(quiet ? seccomp : []),
    { op: 'EXEC', argv: process.args, envp: facts.env, flags: execFlags },
  ];
}

/**
 * The profile of the program, while /proc is the host's: what is mounted at a container's /proc may be no such thing
 * (CVE-2019-16884). Confinement that was asked for and is not there must not be passed over.
 */
export function confinementOps({ apparmorProfile, selinuxLabel }: Process, facts: ProcessFacts): Op[] {
  if (selinuxLabel !== undefined && selinuxLabel !== '') {
    throw new TskerError('unsupported', `the SELinux label "${selinuxLabel}" cannot be applied: not supported`);
  }
  if (apparmorProfile === undefined || apparmorProfile === '') return [];
  const { apparmorAttribute: path } = facts;
  if (path !== undefined) return [{ op: 'WRITE', path, data: `exec ${apparmorProfile}` }];
  if (apparmorProfile === 'unconfined') return [];
  throw new TskerError(
    'unsupported',
    `the AppArmor profile "${apparmorProfile}" cannot be applied: the kernel has none`,
  );
}

/** What the helper searches when the environment has no PATH (native/init/exec.c). */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A program that is missing is found before the container is said to be created; whoever starts it is not told. */
function holdOps({ args }: Process, { env }: ProcessFacts, hold: Slots['hold']): Op[] {
  if (hold === undefined) return [];
  const searchPath = env.find((one) => one.startsWith('PATH='))?.slice('PATH='.length) ?? DEFAULT_PATH;
  return [
    { op: 'LOOKUP', program: args[0] ?? '', searchPath },
    { op: 'TELL', slot: hold.talk },
    { op: 'WAIT', slot: hold.gate },
  ];
}

function seccompOps({ seccomp, seccompFlags }: ProcessFacts): Op[] {
  return seccomp === undefined ? [] : [{ op: 'SECCOMP', flags: seccompFlags, program: seccomp }];
}

function terminalOps(terminal: Slots['terminal']): Op[] {
  return terminal === undefined ? [] : [{ op: 'PTY', ...terminal }];
}

/** The bounding set while CAP_SETPCAP is there, the user while CAP_SETUID is, the rest last. */
function identityOps({ user, capabilities }: Process, facts: ProcessFacts): Op[] {
  const { bounding, ...masks } = capabilityMasks(capabilities, facts.availableCapabilities);
  return [
    { op: 'BOUNDING', mask: bounding },
    // A program that is not root reopens /dev/stdout through /proc, where the pipe's or terminal's owner counts.
    ...(user.uid === 0 ? [] : [{ op: 'STDIO_OWNER', uid: user.uid } as const]),
    { op: 'USER', uid: user.uid, gid: user.gid, groups: encodeGroups(user.additionalGids ?? []) },
    { op: 'CAPABILITIES', ...masks },
  ];
}

function encodeGroups(groups: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(groups).buffer);
}
