// The parts of a spec that are the same for every container, as Docker gives them (moby oci/defaults.go): the daemon completes
// them with what the user and the image said. Pure but for the file names it looks for when it is asked to.
import { lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_CAPABILITIES } from './capabilities.ts';
import type { Capabilities, Device, DeviceCgroup, Linux, Mount, NamespaceType } from './spec.ts';

export const OCI_VERSION = '1.2.0';
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
export const DEFAULT_SHM_SIZE = 64 * 1024 * 1024;

export const DEFAULT_MASKED_PATHS: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

export const DEFAULT_READONLY_PATHS: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

/** Everything is denied but what the runtime itself always allows (cgroup/device-rules.ts) and the console. */
export const DEFAULT_DEVICE_RULES: readonly DeviceCgroup[] = [
  { allow: false, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 1, access: 'rwm' },
];

/** `ping` and ports below 1024 need no capability in a network namespace of one's own. */
const DEFAULT_SYSCTLS: Readonly<Record<string, string>> = {
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ping_group_range': '0 2147483647',
};

/** In a user namespace the kernel refuses a range of groups that are not mapped. */
const USERNS_SYSCTLS: Readonly<Record<string, string>> = { 'net.ipv4.ip_unprivileged_port_start': '0' };

export interface MountChoices {
  readonly shmSize?: number;
  /** --privileged: /sys and cgroups are writable. */
  readonly privileged?: boolean;
  /** Only the cgroups. */
  readonly writableCgroups?: boolean;
  /** --read-only covers the mounts as well, but for those that a program cannot do without. */
  readonly readonlyRoot?: boolean;
  /** --ipc host: the host's own. */
  readonly hostIpc?: boolean;
}

const STAYS_WRITABLE = new Set(['/proc', '/dev', '/dev/pts', '/dev/shm', '/dev/mqueue']);

/** The mounts below the root file system, in order. */
export function defaultMounts(choices: MountChoices = {}): Mount[] {
  const sealed = choices.privileged === true ? [] : ['ro'];
  const sealedCgroups = choices.writableCgroups === true ? [] : sealed;
  // Mounted, not bound: it shows the queues of the IPC namespace of whoever mounts it, and not every host has one.
  const queues = mount('/dev/mqueue', 'mqueue', 'mqueue', ['nosuid', 'noexec', 'nodev']);
  const shared: readonly Mount[] = choices.hostIpc
    ? [queues, bind('/dev/shm')]
    : [
        queues,
        mount('/dev/shm', 'tmpfs', 'shm', [
          'nosuid',
          'noexec',
          'nodev',
          'mode=1777',
          `size=${choices.shmSize ?? DEFAULT_SHM_SIZE}`,
        ]),
      ];
  const mounts = [
    mount('/proc', 'proc', 'proc', ['nosuid', 'noexec', 'nodev']),
    mount('/dev', 'tmpfs', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    mount('/dev/pts', 'devpts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']),
    mount('/sys', 'sysfs', 'sysfs', ['nosuid', 'noexec', 'nodev', ...sealed]),
    mount('/sys/fs/cgroup', 'cgroup', 'cgroup', [...sealedCgroups, 'nosuid', 'noexec', 'nodev']),
    ...shared,
  ];
  return choices.readonlyRoot === true ? mounts.map(makeReadonly) : mounts;
}

function mount(destination: string, type: string, source: string, options: readonly string[]): Mount {
  return { destination, type, source, options };
}

function bind(path: string): Mount {
  return mount(path, 'bind', path, ['rbind', 'rprivate', 'nosuid', 'noexec', 'nodev']);
}

function makeReadonly(one: Mount): Mount {
  if (STAYS_WRITABLE.has(one.destination) || one.options?.includes('ro')) return one;
  return { ...one, options: [...(one.options ?? []), 'ro'] };
}

export interface LinuxChoices {
  /** Namespaces not to make: those shared with the host. */
  readonly shared?: readonly NamespaceType[];
  readonly cgroupNamespace?: boolean;
  /** With one of its own; the mappings are the caller's to add. */
  readonly userNamespace?: boolean;
  readonly privileged?: boolean;
}

/** Namespaces, paths and device rules; `resources`, `cgroupsPath` and `seccomp` are the daemon's to add. */
export function defaultLinux(choices: LinuxChoices = {}): Linux {
  const shared = new Set(choices.shared ?? []);
  const types: NamespaceType[] = ['mount', 'network', 'uts', 'pid', 'ipc'];
  if (choices.cgroupNamespace === true) types.push('cgroup');
  if (choices.userNamespace === true) types.push('user');
  const privileged = choices.privileged === true;
  return {
    namespaces: types.filter((type) => !shared.has(type)).map((type) => ({ type })),
    maskedPaths: privileged ? [] : DEFAULT_MASKED_PATHS,
    readonlyPaths: privileged ? [] : DEFAULT_READONLY_PATHS,
    resources: { devices: privileged ? [{ allow: true, access: 'rwm' }] : DEFAULT_DEVICE_RULES },
    ...(shared.has('network') ? {} : { sysctl: choices.userNamespace === true ? USERNS_SYSCTLS : DEFAULT_SYSCTLS }),
  };
}

/** A user other than root gets the bounding set alone, as execve would leave it (moby, SetCapabilities). */
export function processCapabilities(uid: number, names: readonly string[] = DEFAULT_CAPABILITIES): Capabilities {
  return uid === 0
    ? { bounding: names, effective: names, permitted: names, inheritable: [], ambient: [] }
    : { bounding: names, effective: [], permitted: [], inheritable: [], ambient: [] };
}

/** One device of the host, or all below a directory, for `--device host[:container[:rwm]]`. */
export function hostDevices(hostPath: string, containerPath: string): Device[] {
  const status = statSync(hostPath);
  return status.isDirectory() ? devicesBelow(hostPath, containerPath) : devicesAt(status, containerPath);
}

/** No link is followed: /dev/fd leads to everything that the daemon has open. */
function devicesBelow(hostDirectory: string, containerDirectory: string): Device[] {
  return readdirSync(hostDirectory).flatMap((name) => {
    const [hostPath, containerPath] = [join(hostDirectory, name), join(containerDirectory, name)];
    const status = lstatSync(hostPath, { throwIfNoEntry: false });
    if (status === undefined) return [];
    return status.isDirectory() ? devicesBelow(hostPath, containerPath) : devicesAt(status, containerPath);
  });
}

function devicesAt(status: Stats, containerPath: string): Device[] {
  if (!status.isCharacterDevice() && !status.isBlockDevice()) return [];
  return [
    {
      path: containerPath,
      type: status.isBlockDevice() ? 'b' : 'c',
      major: majorOf(status.rdev),
      minor: minorOf(status.rdev),
      fileMode: status.mode & 0o7777,
      uid: status.uid,
      gid: status.gid,
    },
  ];
}

function majorOf(device: number): number {
  return Math.floor(device / 0x100) & 0xfff;
}

function minorOf(device: number): number {
  return (device & 0xff) + ((Math.floor(device / 0x100000) & 0xfff) << 8);
}
