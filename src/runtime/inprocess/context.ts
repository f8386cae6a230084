// What every start and exec of one in-process runtime shares: collaborators, facts found once, and the running containers.
import { statSync } from 'node:fs';
import type { RootfsMount } from '../../graphdriver/driver.ts';
import type { Native, Spawned } from '../../native/native.ts';
import type { AppArmor } from '../apparmor.ts';
import { capabilityMask, capabilityNames } from '../capabilities.ts';
import type { CgroupLayout } from '../cgroup/layout.ts';
import type { ContainerCgroups } from '../cgroup/paths.ts';
import { type PasswdEntry, parsePasswd } from '../passwd.ts';
import type { PathKind, ProcessFacts } from '../plan/facts.ts';
import type { RootCache } from '../rootfs/cache.ts';
import type { SeccompCache } from '../seccomp/cache.ts';
import { seccompFlags } from '../seccomp/rules.ts';
import type { Process, Spec } from '../spec.ts';
import { homeOf } from '../users.ts';
import { effectiveRlimits, type HostFacts } from './host-facts.ts';

/** What has to be known of a container to start another process in it. */
export interface RunningContainer {
  readonly spec: Spec;
  readonly rootfs: RootfsMount;
  readonly cgroups: ContainerCgroups;
  readonly process: Pick<Spawned, 'pid' | 'pidfd'>;
}

/** A container that was started and not yet deleted. */
export interface Container extends RunningContainer {
  readonly process: Spawned;
  running: boolean;
}

export interface RuntimeContext {
  readonly native: Native;
  readonly layout: CgroupLayout;
  readonly host: HostFacts;
  readonly roots: RootCache;
  readonly seccomp: SeccompCache;
  readonly apparmor: AppArmor;
  /** Where root file systems are mounted, each in its own mount namespace. */
  readonly mountPoint: string;
  /** A pidfd of ours, when processes are to end with us. */
  readonly daemonPidfd: number | undefined;
  /** /dev/null, for reading and writing. */
  readonly nullFd: number;
  readonly warn: (id: string, message: string) => void;
  /** What an error of a start and of an exec begins with. */
  readonly failurePrefixes: { readonly start: string; readonly exec: string };
}

const ALL_CAPABILITIES = 2n ** 64n - 1n;

/** What `processFacts` cannot wait for. */
export async function prepareFilter({ native, seccomp: filters }: RuntimeContext, { linux }: Spec): Promise<void> {
  if (linux.seccomp !== undefined && native.features.seccomp) await filters.prepare(linux.seccomp);
}

/** The facts of one process, whose filter must be prepared; `spec` is its container's. */
export function processFacts(
  context: RuntimeContext,
  { id, spec, process, rootfs }: { id: string; spec: Spec; process: Process; rootfs: RootfsMount },
): ProcessFacts {
  const warn = (message: string): void => context.warn(id, message);
  const userNamespace = spec.linux.namespaces.some(({ type }) => type === 'user');
  const { seccomp } = spec.linux;
  const mayRaise = context.native.features.sysResource;
  // A new user namespace starts with all of them.
  const available = userNamespace ? ALL_CAPABILITIES : context.host.capabilities;
  warnOfMissing(process, available, warn);
  return {
    seccomp: seccomp === undefined || !context.native.features.seccomp ? undefined : context.seccomp.program(seccomp),
    seccompFlags: seccomp === undefined ? 0 : seccompFlags(seccomp),
    availableCapabilities: available,
    env: withHome(process, () =>
      context.roots.get(rootfs, 'passwd', (reader) => parsePasswd(reader.readText('/etc/passwd') ?? '')),
    ),
    rlimits: effectiveRlimits(process.rlimits ?? [], { hardLimits: context.host.hardLimits, mayRaise, warn }),
    apparmorAttribute: context.apparmor.attribute,
    oomScoreAdj: oomScoreAdj(context, process.oomScoreAdj ?? spec.process.oomScoreAdj, warn),
  };
}

function warnOfMissing(process: Process, available: bigint, warn: (message: string) => void): void {
  if (available === ALL_CAPABILITIES) return;
  const missing = capabilityMask(process.capabilities?.bounding) & ~available;
  if (missing !== 0n) warn(`the daemon has no ${capabilityNames(missing).join(', ')} to give`);
}

/** runc sets HOME from the image's passwd when the environment has none. */
function withHome({ env, user }: Process, passwd: () => readonly PasswdEntry[]): readonly string[] {
  return env.some((one) => one.startsWith('HOME=')) ? env : [...env, `HOME=${homeOf(passwd(), user.uid)}`];
}

/** Raising the score is free, lowering it takes CAP_SYS_RESOURCE. */
function oomScoreAdj(
  { host, native }: RuntimeContext,
  wanted: number | undefined,
  warn: (message: string) => void,
): number | undefined {
  if (wanted === undefined || wanted === host.oomScoreAdj) return undefined;
  if (wanted > host.oomScoreAdj || native.features.sysResource) return wanted;
  warn(`oom_score_adj stays at ${host.oomScoreAdj}: CAP_SYS_RESOURCE is missing`);
  return undefined;
}

/** Permission bits of a directory in the image. */
export function directoryMode(context: RuntimeContext, rootfs: RootfsMount, path: string): number | undefined {
  const stats = context.roots.get(rootfs, `mode ${path}`, (reader) => reader.stat(path)?.stats);
  return stats?.isDirectory() ? stats.mode & 0o7777 : undefined;
}

/** What a masked path is: the kernel's own files are the same on the host, others are looked up in the image. */
export function maskKind(context: RuntimeContext, rootfs: RootfsMount, path: string): PathKind | undefined {
  const kernel = /^\/(proc|sys)\//.test(path);
  const stats = kernel
    ? statSync(path, { throwIfNoEntry: false })
    : context.roots.get(rootfs, `mask ${path}`, (reader) => reader.stat(path)?.stats);
  if (stats === undefined) return undefined;
  return stats.isDirectory() ? 'directory' : 'file';
}
