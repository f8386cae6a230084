// What the operations of a plan belong to, in words for readers: the plan itself is a flat list. The order of a start is
// runtime/README.md's table. Pure.
import type { Op } from '../../native/ops.ts';

/** One for each operation. */
export function phasesOf(plan: readonly Op[]): readonly string[] {
  const root = plan.findIndex(({ op }) => op === 'ROOT');
  const pivot = plan.findIndex(({ op }) => op === 'PIVOT');
  // An exec enters a root that is there: it has nothing to build.
  if (pivot < 0) return plan.map((op) => (/^(ROOT|CHDIR)$/.test(op.op) ? 'process' : phaseOf(op, 'before')));
  return plan.map((op, index) => {
    const when = index <= root ? 'before' : index < pivot ? 'inside' : 'after';
    return phaseOf(op, when);
  });
}

type When = 'before' | 'inside' | 'after';

function phaseOf(op: Op, when: When): string {
  switch (op.op) {
    case 'EXEC':
      return 'program';
    case 'UNSHARE':
    case 'SETNS':
    case 'HOSTNAME':
    case 'DOMAINNAME':
      return 'namespace';
    case 'NETLINK':
    case 'SOCKET':
    case 'OPEN':
      return 'network';
    case 'NO_NEW_PRIVS':
    case 'SECCOMP':
    case 'BOUNDING':
    case 'USER':
    case 'CAPABILITIES':
    case 'STDIO_OWNER':
      return 'privilege';
    case 'ROOT':
    case 'PIVOT':
    case 'PROPAGATION':
      return 'root';
    case 'MKNOD':
    case 'SYMLINK':
      return 'device';
    case 'BPF_DEVICE':
      return 'cgroup';
    case 'MKDIR':
    case 'WRITE':
      return writePhase(op.path, when);
    case 'CHDIR':
    case 'MOUNT':
    case 'BIND':
    case 'MKDIRS':
    case 'MKFILE':
    case 'MOUNT_ATTR':
      return mountPhase(op, when);
    default:
      return 'process';
  }
}

function writePhase(path: string, when: When): string {
  if (path.startsWith('/proc/sys/net/') && when === 'before') return 'network';
  if (path.startsWith('/proc/sys/')) return 'sysctl';
  if (path.startsWith('/proc/')) return 'process';
  return when === 'before' ? 'cgroup' : 'mount';
}

function mountPhase({ op }: Op, when: When): string {
  if (op === 'CHDIR' && when === 'after') return 'process';
  if (when === 'before') return 'root';
  return when === 'inside' ? 'mount' : 'hide';
}
