// Operations as the system calls that they come to, case by case.
import test from 'ava';
import {
  CLONE_NEWNET,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_PRIVATE,
  MS_REC,
  makeDevice,
} from '../../../src/native/linux.ts';
import type { Op } from '../../../src/native/ops.ts';
import { systemCall } from '../../../src/native/system-call.ts';

const message = (type: number): Buffer => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(16, 0);
  bytes.writeUInt16LE(type, 4);
  return bytes;
};

const CASES: readonly [Op, string][] = [
  [
    {
      op: 'MOUNT',
      source: 'proc',
      target: '/proc',
      type: 'proc',
      flags: MS_NOSUID | MS_NODEV | MS_NOEXEC,
      data: '',
      inRoot: true,
    },
    'mount("proc", root"/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC, "")',
  ],
  [{ op: 'PROPAGATION', target: '/', flags: MS_REC | MS_PRIVATE }, 'mount(NULL, "/", NULL, MS_REC|MS_PRIVATE, NULL)'],
  [
    { op: 'BIND', source: '/a', target: '/b', flags: 1 | 2 | 4, propagation: MS_PRIVATE, inRoot: true },
    'move_mount(open_tree("/a", with what is mounted below), root"/b", rdonly, nosuid, MS_PRIVATE)',
  ],
  [{ op: 'BIND', source: '7', target: '/b', flags: 64, propagation: 0 }, 'move_mount(open_tree(7), "/b")'],
  [{ op: 'MOUNT_ATTR', target: '/', set: 1, clear: 0, recursive: 0 }, 'mount_setattr("/", 0, set MOUNT_ATTR_RDONLY)'],
  [{ op: 'UMOUNT', target: '/x', flags: 2 }, 'umount2("/x", MNT_DETACH)'],
  [{ op: 'PIVOT' }, 'pivot_root(".", ".")'],
  [{ op: 'MKDIR', path: '/sys/fs/cgroup/a', mode: 0o755 }, 'mkdir("/sys/fs/cgroup/a", 0755)'],
  [
    { op: 'MKNOD', path: '/dev/null', mode: 0o20666, device: makeDevice(1, 3), inRoot: true },
    'mknod(root"/dev/null", S_IFCHR|0666, makedev(1, 3))',
  ],
  [{ op: 'WRITE', path: '/x/tasks', data: '0' }, 'write("/x/tasks", "0")'],
  [{ op: 'WRITE', path: '/x', data: Buffer.from('é\n', 'latin1') }, 'write("/x", "é\\n")'],
  [{ op: 'UNSHARE', flags: CLONE_NEWNET }, 'unshare(CLONE_NEWNET)'],
  [
    { op: 'NETLINK', slot: 6, protocol: 0, messages: Buffer.concat([message(16), message(20)]) },
    'sendto(NETLINK_ROUTE of the host, 6, [RTM_NEWLINK, RTM_NEWADDR])',
  ],
  [
    { op: 'NETLINK', slot: -1, protocol: 12, messages: message((10 << 8) | 6) },
    'sendto(NETLINK_NETFILTER in this namespace, [NFT_MSG_NEWRULE])',
  ],
  [{ op: 'NETLINK', slot: -1, protocol: 0, messages: Buffer.alloc(20) }, 'sendto(NETLINK_ROUTE in this namespace, [])'],
  [{ op: 'HOSTNAME', name: 'web' }, 'sethostname("web")'],
  [
    { op: 'RLIMIT', resource: 7, soft: 1024n, hard: 2n ** 64n - 1n },
    'prlimit64(RLIMIT_NOFILE, {1024, RLIM64_INFINITY})',
  ],
  [{ op: 'BOUNDING', mask: 0xa80425fbn }, 'prctl(PR_CAPBSET_DROP, all but 0xa80425fb)'],
  [{ op: 'SECCOMP', flags: 0, program: new Uint8Array(16) }, 'seccomp(SECCOMP_SET_MODE_FILTER, 2 BPF instructions)'],
  [{ op: 'DEATHSIG', signal: 9, slot: 5 }, 'prctl(PR_SET_PDEATHSIG, SIGKILL)'],
  [{ op: 'USER', uid: 7, gid: 8, groups: new Uint8Array(8) }, 'setresuid(7, gid 8, 2 more groups)'],
  [
    { op: 'EXEC', argv: ['/bin/sh', '-c', 'x "y"'], envp: ['A=1'], flags: 0 },
    'execve("/bin/sh", ["/bin/sh", "-c", "x \\"y\\""], 1 variables)',
  ],
  [{ op: 'OPEN', slot: 9, path: '/proc/self/ns/net', flags: 0, mode: 0 }, 'open("/proc/self/ns/net", O_RDONLY)'],
  [{ op: 'SETSID' }, 'setsid()'],
  [{ op: 'SUBVOLUME', path: '/x' }, 'subvolume()'],
];

for (const [op, call] of CASES) {
  test(`${op.op} is shown as ${call}`, (t) => {
    const shown = systemCall(op);
    t.is(shown.call, call);
    t.is(shown.name, call.slice(0, call.indexOf('(')));
  });
}

test('a text of any length is cut', (t) => {
  const { call } = systemCall({ op: 'HOSTNAME', name: 'x'.repeat(5000) });
  t.is(call, `sethostname("${'x'.repeat(200)}"...)`);
});
