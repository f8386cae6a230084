// Facts and specs for tests of the plan compiler: Docker's defaults, and what a test changes of them.
import type { Features } from '../../../../src/native/native.ts';
import type { Op } from '../../../../src/native/ops.ts';
import { DEFAULT_CAPABILITIES } from '../../../../src/runtime/capabilities.ts';
import { defaultLinux, defaultMounts, processCapabilities } from '../../../../src/runtime/default-spec.ts';
import type { ExecFacts, StartFacts } from '../../../../src/runtime/plan/facts.ts';
import type { Linux, Process, Spec } from '../../../../src/runtime/spec.ts';

const FEATURES: Features = {
  cloneIntoCgroup: true,
  openat2: true,
  mountSetattr: true,
  seccomp: true,
  nftables: true,
  userns: true,
  overlay: true,
  sysResource: true,
};

export const ROOTFS = { type: 'overlay', source: 'overlay', options: ['lowerdir=l/A'], cwd: '/layers' } as const;

export function makeProcess(changes: Partial<Process> = {}): Process {
  return {
    user: { uid: 0, gid: 0 },
    args: ['sh'],
    env: ['PATH=/bin'],
    cwd: '/',
    capabilities: processCapabilities(0, DEFAULT_CAPABILITIES),
    ...changes,
  };
}

export function makeSpec(
  changes: { process?: Partial<Process>; linux?: Partial<Linux> } & Partial<Omit<Spec, 'process' | 'linux'>> = {},
): Spec {
  return {
    ociVersion: '1.2.0',
    hostname: 'box',
    root: { path: '/' },
    mounts: defaultMounts(),
    ...changes,
    process: makeProcess(changes.process),
    linux: { ...defaultLinux(), ...changes.linux },
  };
}

export function makeFacts(changes: Partial<StartFacts> = {}): StartFacts {
  return {
    mountPoint: '/run/tsker/rootfs',
    deviceSource: ({ path }) => path,
    apparmorAttribute: undefined,
    features: FEATURES,
    slots: { daemon: 5, joins: [] },
    cgroupOps: [{ op: 'WRITE', path: '/sys/fs/cgroup/pids/x/tasks', data: '0' }],
    cgroupView: {
      version: 1,
      namespaced: false,
      hierarchies: [
        {
          name: 'cpu,cpuacct',
          data: 'cpu,cpuacct',
          path: '/sys/fs/cgroup/cpu,cpuacct/x',
          mountPoint: '/sys/fs/cgroup/cpu,cpuacct',
        },
      ],
    },
    networkOps: [],
    sourceKind: () => 'file',
    directoryMode: (path) => (path === '/etc' ? 0o755 : undefined),
    directoryTree: () => [],
    maskKind: (path) => (path === '/proc/kcore' ? 'file' : 'directory'),
    mountPointParent: undefined,
    seccomp: new Uint8Array(8),
    seccompFlags: 4,
    availableCapabilities: 2n ** 41n - 1n,
    env: ['PATH=/bin', 'HOME=/root'],
    rlimits: [],
    oomScoreAdj: undefined,
    ...changes,
  };
}

export function makeExecFacts(changes: Partial<ExecFacts> = {}): ExecFacts {
  return { ...makeFacts(), target: { slot: 6, flags: 1 }, ...changes };
}

/** Position of the first operation of that name that acts on `subject`, or fails the test by -1. */
export function indexOf(ops: readonly Op[], name: Op['op'], subject?: string): number {
  return ops.findIndex((op) => {
    if (op.op !== name) return false;
    const target = 'target' in op ? op.target : 'path' in op ? op.path : undefined;
    return subject === undefined || target === subject;
  });
}
