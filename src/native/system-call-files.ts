// Which C file does an operation: one subsystem a file. A unit test finds the function in each.
import type { OpName } from './ops.ts';

const FILES = {
  'native/common/ops_mount.c': ['MOUNT', 'MOUNT_ATTR', 'PROPAGATION', 'UMOUNT', 'ROOT', 'PIVOT'],
  'native/common/ops_bind.c': ['BIND'],
  'native/common/ops_bpf.c': ['BPF_DEVICE'],
  'native/common/ops_cgroup.c': ['CGROUP_KILL', 'CGROUP_REMOVE'],
  'native/common/ops_file.c': [
    ...(['CHDIR', 'MKDIR', 'MKDIRS', 'MKFILE', 'MKNOD', 'SYMLINK', 'WRITE', 'PUTFILE', 'CHOWN', 'CHMOD'] as const),
    ...(['REMOVE', 'RMDIR', 'RENAME', 'SETXATTR'] as const),
  ],
  'native/common/ops_idmap.c': ['IDMAP', 'FSUSER'],
  'native/common/ops_network.c': ['NETLINK', 'SOCKET'],
  'native/common/ops_process.c': [
    ...(['UNSHARE', 'SETNS', 'HOSTNAME', 'DOMAINNAME', 'RLIMIT', 'UMASK', 'NICE', 'SETSID', 'DEATHSIG'] as const),
  ],
  'native/common/ops_pty.c': ['PTY'],
  'native/common/ops_security.c': ['BOUNDING', 'USER', 'CAPABILITIES', 'NO_NEW_PRIVS', 'SECCOMP'],
  'native/common/ops_slot.c': ['OPEN', 'CLOSE', 'DUP', 'WAIT', 'TELL'],
  'native/common/ops_tree.c': ['RMTREE', 'SYNCFS'],
  'native/init/exec.c': ['EXEC', 'LOOKUP', 'PASS', 'PROGRAM'],
  'native/init/ops_stdio.c': ['STDIO_OWNER'],
  'native/init/proxy.c': ['PROXY'],
  'native/layer/copy.c': ['COPYTREE'],
  'native/layer/scan.c': ['SCAN', 'SCAN_CONTENT'],
  'native/storage/btrfs.c': ['SUBVOLUME', 'SNAPSHOT', 'SUBVOLUME_DELETE'],
  'native/storage/device_mapper.c': ['DM_CREATE', 'DM_REMOVE', 'DM_MESSAGE', 'DM_STATUS', 'DM_DISCARD'],
  'native/storage/loop.c': ['LOOP_ATTACH', 'LOOP_DETACH'],
} as const satisfies Readonly<Record<string, readonly OpName[]>>;

type Listed = (typeof FILES)[keyof typeof FILES][number];

/** Does not compile while an operation has no file. */
const FILE_OF: ReadonlyMap<OpName extends Listed ? OpName : never, string> = new Map(
  Object.entries(FILES).flatMap(([file, names]) => names.map((name): [OpName, string] => [name, file])),
);

/** From the root of the source tree. */
export function sourceOf(name: OpName): string {
  return FILE_OF.get(name) ?? 'native/common/ops.c';
}
