// An operation of a launch plan as the system call that it comes to, in strace's manner, with the C file that makes it. Where an
// operation makes several, it is the one that does the work. Pure; system-call-files.ts has the files.
import { makeDeviceName } from './device-name.ts';
import { fileMode, mountAttributes, mountFlags, namespaceFlags, openFlags, unmountFlags } from './flag-names.ts';
import { NETLINK_ROUTE, RLIM_INFINITY, RLIMITS } from './linux.ts';
import { netlinkMessageNames } from './netlink-names.ts';
import type { Op } from './ops.ts';
import { signalName } from './signals.ts';

export interface SystemCall {
  readonly name: string;
  /** The whole call: `mount("proc", root"/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC, "")`. */
  readonly call: string;
}

/** Characters of a string argument that are shown, as strace -s. */
const MAX_TEXT = 200;

/** TSKER_BIND_* (tsker.h). */
const BIND_REC = 1;
const BIND_ATTRIBUTES = [
  [2, 'rdonly'],
  [4, 'nosuid'],
  [8, 'nodev'],
  [16, 'noexec'],
  [32, 'rdonly below as well'],
] as const;
const BIND_SLOT = 64;

export function systemCall(op: Op): SystemCall {
  const [name, ...given] = callOf(op);
  return { name, call: `${name}(${given.join(', ')})` };
}

type Call = readonly [name: string, ...given: string[]];

function callOf(op: Op): Call {
  switch (op.op) {
    case 'MOUNT':
      return ['mount', text(op.source), path(op, op.target), text(op.type), mountFlags(op.flags), text(op.data)];
    case 'PROPAGATION':
      return ['mount', 'NULL', text(op.target), 'NULL', mountFlags(op.flags), 'NULL'];
    case 'UMOUNT':
      return ['umount2', path(op, op.target), unmountFlags(op.flags)];
    case 'BIND':
      return bindCall(op);
    case 'MOUNT_ATTR':
      return ['mount_setattr', path(op, op.target), op.recursive ? 'AT_RECURSIVE' : '0', attributesOf(op)];
    case 'PIVOT':
      return ['pivot_root', '"."', '"."'];
    case 'ROOT':
      return ['open', text(op.path), 'O_PATH|O_DIRECTORY'];
    case 'OPEN':
      return ['open', text(op.path), openFlags(op.flags)];
    case 'UNSHARE':
      return ['unshare', namespaceFlags(op.flags)];
    case 'SETNS':
      return ['setns', String(op.slot), namespaceFlags(op.flags)];
    case 'NETLINK':
      return netlinkCall(op);
    case 'EXEC':
      return ['execve', text(op.argv[0] ?? ''), list(op.argv), `${op.envp.length} variables`];
    default:
      return fileCall(op) ?? processCall(op) ?? [op.op.toLowerCase()];
  }
}

function fileCall(op: Op): Call | undefined {
  switch (op.op) {
    case 'CHDIR':
      return ['chdir', path(op, op.path)];
    case 'MKDIR':
    case 'MKDIRS':
      return ['mkdir', path(op, op.path), fileMode(op.mode)];
    case 'MKFILE':
      return ['open', path(op, op.path), 'O_WRONLY|O_CREAT', fileMode(op.mode)];
    case 'MKNOD':
      return ['mknod', path(op, op.path), fileMode(op.mode), makeDeviceName(op.device)];
    case 'SYMLINK':
      return ['symlink', text(op.content), path(op, op.path)];
    case 'WRITE':
    case 'PUTFILE':
      return ['write', path(op, op.path), bytes(op.data)];
    case 'CHOWN':
      return ['fchownat', path(op, op.path), String(op.uid), String(op.gid)];
    case 'CHMOD':
      return ['fchmod', path(op, op.path), fileMode(op.mode)];
    case 'REMOVE':
      return ['unlink', path(op, op.path)];
    case 'RMDIR':
    case 'CGROUP_REMOVE':
      return ['rmdir', path(op, op.path)];
    case 'RENAME':
      return ['rename', text(op.from), text(op.to)];
    case 'SETXATTR':
      return ['setxattr', text(op.path), text(op.name), bytes(op.value)];
    case 'BPF_DEVICE':
      return ['bpf', 'BPF_PROG_ATTACH', text(op.path), `${op.program.length / 8} instructions`];
    default:
      return undefined;
  }
}

function processCall(op: Op): Call | undefined {
  switch (op.op) {
    case 'HOSTNAME':
      return ['sethostname', text(op.name)];
    case 'DOMAINNAME':
      return ['setdomainname', text(op.name)];
    case 'RLIMIT':
      return ['prlimit64', resourceName(op.resource), `{${limit(op.soft)}, ${limit(op.hard)}}`];
    case 'UMASK':
      return ['umask', fileMode(op.mask)];
    case 'NICE':
      return ['setpriority', 'PRIO_PROCESS', String(op.value)];
    case 'SETSID':
      return ['setsid'];
    case 'BOUNDING':
      return ['prctl', 'PR_CAPBSET_DROP', `all but ${mask(op.mask)}`];
    case 'USER':
      return ['setresuid', String(op.uid), `gid ${op.gid}`, `${op.groups.length / 4} more groups`];
    case 'CAPABILITIES':
      return [
        'capset',
        `effective ${mask(op.effective)}`,
        `permitted ${mask(op.permitted)}`,
        `inheritable ${mask(op.inheritable)}`,
        `ambient ${mask(op.ambient)}`,
      ];
    case 'NO_NEW_PRIVS':
      return ['prctl', 'PR_SET_NO_NEW_PRIVS', '1'];
    case 'SECCOMP':
      return ['seccomp', 'SECCOMP_SET_MODE_FILTER', `${op.program.length / 8} BPF instructions`];
    case 'DEATHSIG':
      return ['prctl', 'PR_SET_PDEATHSIG', signalName(op.signal)];
    case 'STDIO_OWNER':
      return ['fchown', '0..2', String(op.uid)];
    case 'PTY':
      return ['open', '"/dev/pts/ptmx"', `${op.rows} rows`, `${op.columns} columns`];
    case 'SOCKET':
      return ['socket', String(op.domain), String(op.type), 'bound'];
    case 'PASS':
      return ['dup3', `${op.slot} and on`, `to 3 and on, ${op.count} of them`];
    case 'PROGRAM':
      return ['open', text(op.path), 'O_PATH'];
    case 'LOOKUP':
      return ['faccessat', text(op.program), 'X_OK', `PATH ${text(op.searchPath)}`];
    case 'FSUSER':
      return ['setfsuid', String(op.uid), String(op.gid)];
    case 'CLOSE':
      return ['close', String(op.slot)];
    case 'DUP':
      return ['dup2', String(op.from), String(op.to)];
    case 'WAIT':
      return ['read', String(op.slot), '1 byte'];
    case 'TELL':
      return ['write', String(op.slot), '1 byte'];
    default:
      return undefined;
  }
}

function bindCall(op: Op & { op: 'BIND' }): Call {
  const source = (op.flags & BIND_SLOT) === 0 ? text(op.source) : op.source;
  const recursive = (op.flags & BIND_REC) === 0 ? [] : ['with what is mounted below'];
  const attributes = BIND_ATTRIBUTES.filter(([bit]) => (op.flags & bit) !== 0).map(([, name]) => name);
  const propagation = op.propagation === 0 ? [] : [mountFlags(op.propagation)];
  return [
    'move_mount',
    `open_tree(${[source, ...recursive].join(', ')})`,
    path(op, op.target),
    ...attributes,
    ...propagation,
  ];
}

function attributesOf({ set, clear }: Op & { op: 'MOUNT_ATTR' }): string {
  const cleared = clear === 0 ? '' : `, clear ${mountAttributes(clear)}`;
  return `set ${mountAttributes(set)}${cleared}`;
}

function netlinkCall({ slot, protocol, messages }: Op & { op: 'NETLINK' }): Call {
  const kind = protocol === NETLINK_ROUTE ? 'NETLINK_ROUTE' : 'NETLINK_NETFILTER';
  const socket = slot === -1 ? `${kind} in this namespace` : `${kind} of the host, ${slot}`;
  return ['sendto', socket, `[${netlinkMessageNames(protocol, messages).join(', ')}]`];
}

/** A path that is resolved inside the new root says so. */
function path(op: Op, value: string): string {
  return `${op.inRoot === true ? 'root' : ''}${text(value)}`;
}

function text(value: string): string {
  const shown = value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}` : value;
  return `${JSON.stringify(shown)}${shown === value ? '' : '...'}`;
}

function bytes(data: Uint8Array | string): string {
  return typeof data === 'string' ? text(data) : text(Buffer.from(data.subarray(0, MAX_TEXT + 1)).toString('latin1'));
}

function list(words: readonly string[]): string {
  return `[${words.map(text).join(', ')}]`;
}

function mask(bits: bigint): string {
  return `0x${bits.toString(16)}`;
}

function limit(value: bigint): string {
  return value === RLIM_INFINITY ? 'RLIM64_INFINITY' : String(value);
}

function resourceName(resource: number): string {
  return Object.entries(RLIMITS).find(([, number]) => number === resource)?.[0] ?? String(resource);
}
