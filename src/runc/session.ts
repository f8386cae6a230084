// What every verb works with, and the runtime opened for the ones that need it: the native library is loaded then, and not by
// a command that only looks.
import { O_RDWR } from '../native/linux.ts';
import { findNativeParts, loadNative } from '../native/load.ts';
import type { Native } from '../native/native.ts';
import { hostAppArmor } from '../runtime/apparmor.ts';
import { detectCgroupLayout } from '../runtime/cgroup/layout.ts';
import type { RuntimeContext } from '../runtime/inprocess/context.ts';
import { readHostFacts } from '../runtime/inprocess/host-facts.ts';
import { RootCache } from '../runtime/rootfs/cache.ts';
import { SeccompCache } from '../runtime/seccomp/cache.ts';
import type { Log } from './log.ts';
import type { Store } from './store.ts';

export interface Session {
  readonly store: Store;
  readonly log: Log;
  /** The native library, when a verb has opened it: once in a process. */
  native?: Native;
}

/** Where the single file puts its native parts: the daemon's own places. */
const NATIVE_DIRECTORIES = ['/run/tsker/native', '/var/lib/tsker/native'];

export function openNative(session: Session): Native {
  session.native ??= loadNative(findNativeParts(NATIVE_DIRECTORIES), { workers: 1 });
  return session.native;
}

/** runc's words: engines look for them. */
const PREFIXES = {
  start: 'unable to start container process',
  exec: 'unable to start container process',
};

/** Processes outlive the command that starts them: there is nobody they are tied to. */
export function openRuntime({ store, log }: Session, native: Native, rootfs: string): RuntimeContext {
  return {
    native,
    layout: detectCgroupLayout(),
    host: readHostFacts(),
    roots: new RootCache(() => false),
    seccomp: new SeccompCache(native, store.cache),
    apparmor: hostAppArmor(),
    // Bound on itself, in the container's own mount namespace: hooks find it where the bundle has it.
    mountPoint: rootfs,
    daemonPidfd: undefined,
    nullFd: native.open('/dev/null', O_RDWR),
    warn: (_, message) => log.warn(message),
    failurePrefixes: PREFIXES,
  };
}
