// The default runtime, the monolith's: containers are direct children of the daemon. It keeps what it needs of each running
// container in memory only; what it made on the host is in the caller's effects.
import { mkdirSync } from 'node:fs';
import { O_RDWR } from '../native/linux.ts';
import type { Native, Spawned } from '../native/native.ts';
import { TskerError } from '../util/errors.ts';
import type { Turns } from '../util/turns.ts';
import { type AppArmor, hostAppArmor } from './apparmor.ts';
import { openProcessRoot, type ProcessRoot, type ProcessRootOptions } from './archive.ts';
import { freeze, listProcesses, thaw, wasOomKilled } from './cgroup/control.ts';
import { type CgroupLayout, detectCgroupLayout } from './cgroup/layout.ts';
import { removeParents } from './cgroup/parents.ts';
import type { ContainerCgroups } from './cgroup/paths.ts';
import { hasCgroupFile, readCgroupFile } from './cgroup/probe.ts';
import { type CgroupStatistics, readStatistics } from './cgroup/stats.ts';
import { type LimitSupport, limitSupport, probedCgroups } from './cgroup/support.ts';
import { updateOps } from './cgroup/update.ts';
import type { HostRuntime } from './host-runtime.ts';
import { type Container, prepareFilter, type RuntimeContext } from './inprocess/context.ts';
import { execInContainer } from './inprocess/exec.ts';
import { DOCKER_PREFIXES } from './inprocess/explain.ts';
import { readHostFacts } from './inprocess/host-facts.ts';
import { changeNetwork } from './inprocess/network.ts';
import { startContainer } from './inprocess/start.ts';
import { updateLimits } from './inprocess/update.ts';
import { during, RUNTIME_STEPS } from './narration.ts';
import { RootCache } from './rootfs/cache.ts';
import type { ContainerProcess, ExecRequest, NetworkChange, StartRequest } from './runtime.ts';
import { SeccompCache } from './seccomp/cache.ts';
import type { Resources } from './spec.ts';

/** Overlay's mark of a directory that hides what is below it (Documentation/filesystems/overlayfs.rst). */
const OPAQUE = 'trusted.overlay.opaque';

export interface InProcessOptions {
  readonly native: Native;
  /** Made when missing, stays empty: every container mounts its root on it, in a mount namespace of its own. */
  readonly mountPoint: string;
  /** Compiled seccomp filters; made when missing. */
  readonly seccompDirectory: string;
  /** What a container did not get because the host lacks it. */
  readonly warn: (containerId: string, message: string) => void;
  /** Compiling a plan and the clone take milliseconds: starts that come at once let others in between them. */
  readonly turns: Pick<Turns, 'goOn'>;
  /** Default: the host's, detected. */
  readonly layout?: CgroupLayout;
}

export class InProcessRuntime implements HostRuntime {
  readonly name = 'inprocess';
  readonly canPace = true;
  /** The answers about images that this runtime keeps; the daemon resolves users through it. */
  readonly roots: RootCache;
  readonly apparmor: AppArmor = hostAppArmor();
  readonly #context: RuntimeContext;
  readonly #containers = new Map<string, Container>();
  readonly #turns: InProcessOptions['turns'];
  /** The parents of cgroups that were used, to take them away at the end. */
  readonly #parents = new Map<string, ContainerCgroups>();
  #limits: LimitSupport | undefined;

  constructor(options: InProcessOptions) {
    const { native, mountPoint, warn } = options;
    mkdirSync(mountPoint, { recursive: true, mode: 0o711 });
    this.#turns = options.turns;
    this.roots = new RootCache((path) => native.getxattr(path, OPAQUE)?.toString('latin1') === 'y');
    this.#context = {
      native,
      layout: options.layout ?? detectCgroupLayout(),
      host: readHostFacts(),
      apparmor: this.apparmor,
      roots: this.roots,
      seccomp: new SeccompCache(native, options.seccompDirectory),
      mountPoint,
      daemonPidfd: native.pidfdOpen(process.pid),
      nullFd: native.open('/dev/null', O_RDWR),
      warn,
      failurePrefixes: DOCKER_PREFIXES,
    };
  }

  get cgroupLayout(): CgroupLayout {
    return this.#context.layout;
  }

  /** What the kernel can limit; found out when it is first asked. */
  get limitSupport(): LimitSupport {
    if (this.#limits === undefined) {
      const cgroups = probedCgroups(this.#context.layout);
      this.#parents.set(parentOf(cgroups), cgroups);
      this.#limits = limitSupport(cgroups);
    }
    return this.#limits;
  }

  async start(request: StartRequest): Promise<ContainerProcess> {
    if (this.#containers.get(request.id)?.running) {
      throw new TskerError('conflict', `container ${request.id} is running already`);
    }
    // Before the turn: all who have waited for the same filter go on at once.
    await prepareFilter(this.#context, request.spec);
    await this.#turns.goOn();
    const { container, terminal, sockets } = await during(request.watch, RUNTIME_STEPS.runtime, () =>
      startContainer(this.#context, request),
    );
    this.#containers.set(request.id, container);
    this.#parents.set(parentOf(container.cgroups), container.cgroups);
    return toProcess(container.process, { terminal, sockets });
  }

  async exec(id: string, request: ExecRequest): Promise<ContainerProcess> {
    const container = this.#get(id);
    if (!container.running) throw new TskerError('conflict', `container ${id} is not running`);
    const { process, terminal } = await during(request.watch, RUNTIME_STEPS.exec, () =>
      execInContainer(this.#context, { id, container, request }),
    );
    return toProcess(process, { terminal, sockets: [] });
  }

  async setUpNetwork(id: string, change: NetworkChange): Promise<readonly number[]> {
    const container = this.#get(id);
    if (!container.running) throw new TskerError('conflict', `container ${id} is not running`);
    return changeNetwork(this.#context, container.process.pid, change);
  }

  processes(id: string): number[] {
    return listProcesses(this.#get(id).cgroups);
  }

  async pause(id: string): Promise<void> {
    await freeze(this.#get(id).cgroups);
  }

  async resume(id: string): Promise<void> {
    thaw(this.#get(id).cgroups);
  }

  oomKilled(id: string): boolean {
    return wasOomKilled(this.#get(id).cgroups);
  }

  async update(id: string, resources: Resources): Promise<void> {
    const { cgroups } = this.#get(id);
    const changes = updateOps({
      cgroups,
      resources,
      has: (controller, file) => hasCgroupFile(cgroups, controller, file),
      current: (controller, file) => readCgroupFile(cgroups, controller, file),
    });
    for (const warning of changes.warnings) this.#context.warn(id, warning);
    await updateLimits(this.#context.native, changes);
  }

  openRoot(id: string, options: Omit<ProcessRootOptions, 'process'>): Promise<ProcessRoot> {
    return openProcessRoot(this.#context.native, { process: this.#get(id).process, ...options });
  }

  statistics(id: string): CgroupStatistics {
    return readStatistics(this.#get(id).cgroups);
  }

  async delete(id: string): Promise<void> {
    if (this.#containers.get(id)?.running) throw new TskerError('conflict', `container ${id} is running`);
    this.#containers.delete(id);
  }

  /** Gives back what belongs to the runtime and to no container; call it when the last container has been undone. */
  close(): void {
    for (const cgroups of this.#parents.values()) removeParents(cgroups);
    this.#parents.clear();
    if (this.#context.daemonPidfd !== undefined) this.#context.native.close(this.#context.daemonPidfd);
    this.#context.native.close(this.#context.nullFd);
  }

  #get(id: string): Container {
    const container = this.#containers.get(id);
    if (container === undefined) throw new TskerError('not_found', `no running container ${id}`);
    return container;
  }
}

function parentOf({ relative }: ContainerCgroups): string {
  return relative.slice(0, Math.max(0, relative.lastIndexOf('/')));
}

function toProcess(
  spawned: Spawned,
  { terminal, sockets }: Pick<ContainerProcess, 'terminal' | 'sockets'>,
): ContainerProcess {
  return {
    pid: spawned.pid,
    terminal,
    sockets,
    exited: spawned.exited,
    signal: (signal) => spawned.signal(signal),
  };
}
