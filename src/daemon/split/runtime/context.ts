// What the verbs of the split runtime share: collaborators, facts found once, the containers, and who waits for which end.
import type { RootfsMount } from '../../../graphdriver/driver.ts';
import type { Native } from '../../../native/native.ts';
import type { ContainerCgroups } from '../../../runtime/cgroup/paths.ts';
import type { HostRuntime } from '../../../runtime/host-runtime.ts';
import type { HostFacts } from '../../../runtime/inprocess/host-facts.ts';
import type { Spec } from '../../../runtime/spec.ts';
import { messageOf } from '../../../util/errors.ts';
import type { Logger } from '../../../util/log.ts';
import type { BundleFacts } from '../bundle.ts';
import type { Containerd } from '../containerd.ts';
import type { TaskDirectories } from '../task-directory.ts';
import type { Ends } from './ends.ts';

export interface SplitRuntimeOptions {
  readonly native: Native;
  readonly containerd: Containerd;
  readonly directories: TaskDirectories;
  /** What is known of the host and of images, whoever runs the containers. */
  readonly local: HostRuntime;
  /** The program that is process 1 with --init, for a runtime that has none of its own. */
  readonly init: string | undefined;
  readonly log: Logger;
}

export interface Container {
  readonly spec: Spec;
  readonly rootfs: RootfsMount;
  readonly cgroups: ContainerCgroups;
  readonly pid: number;
  /** -1: it had ended when it was found. */
  readonly pidfd: number;
  running: boolean;
}

export interface SplitContext extends SplitRuntimeOptions {
  readonly host: HostFacts;
  /** /dev/null. */
  readonly nullFd: number;
  readonly containers: Map<string, Container>;
  readonly ends: Ends;
  /** Signals on their way, by container. */
  readonly signalled: Map<string, Promise<void>>;
  /** Of a container's; its parent is remembered, to be taken away at the end. */
  readonly cgroupsOf: (spec: Spec, id: string) => ContainerCgroups;
}

export function bundleFacts({ native, log, host, local }: SplitContext, container: string): BundleFacts {
  return {
    host,
    mayRaise: native.features.sysResource,
    apparmor: local.apparmor.attribute !== undefined,
    warn: (message) => log.warn(message, { container }),
  };
}

/** What comes too late for a process that has ended, or was not to be had, is nobody's failure. */
export async function settle({ log }: Pick<SplitContext, 'log'>, what: string, asked: Promise<unknown>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    log.debug(`${what} came to nothing`, { error: messageOf(error) });
  }
}
