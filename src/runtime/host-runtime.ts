// A runtime with what the daemon asks it about the host and about images, besides running containers.
import type { AppArmor } from './apparmor.ts';
import type { CgroupLayout } from './cgroup/layout.ts';
import type { LimitSupport } from './cgroup/support.ts';
import type { RootCache } from './rootfs/cache.ts';
import type { Runtime } from './runtime.ts';

export interface HostRuntime extends Runtime {
  /** The answers about images that it keeps; the daemon resolves users through it. */
  readonly roots: RootCache;
  readonly apparmor: AppArmor;
  readonly cgroupLayout: CgroupLayout;
  /** What the kernel can limit; found out when it is first asked. */
  readonly limitSupport: LimitSupport;
  /** Gives back what belongs to the runtime and to no container; call it when the last container has been undone. */
  close(): void;
}
