// The runtime of the split architecture: the same interface as the monolith's, behind it containerd, a shim, and an OCI runtime's
// command line. The verbs that take more than a call are in runtime/, a file each; cgroup files are read as they are.
import { constants } from 'node:fs';
import { openProcessRoot, type ProcessRoot, type ProcessRootOptions } from '../../runtime/archive.ts';
import { listProcesses, wasOomKilled } from '../../runtime/cgroup/control.ts';
import { removeParents } from '../../runtime/cgroup/parents.ts';
import { type ContainerCgroups, containerCgroups } from '../../runtime/cgroup/paths.ts';
import { type CgroupStatistics, readStatistics } from '../../runtime/cgroup/stats.ts';
import type { HostRuntime } from '../../runtime/host-runtime.ts';
import { readHostFacts } from '../../runtime/inprocess/host-facts.ts';
import { changeNetwork } from '../../runtime/inprocess/network.ts';
import type { ContainerProcess, ExecRequest, NetworkChange, StartRequest } from '../../runtime/runtime.ts';
import type { Resources, Spec } from '../../runtime/spec.ts';
import { INIT, LOST, type ProcessInfo, type TaskInfo } from '../../types/containerd.ts';
import { TskerError } from '../../util/errors.ts';
import { type Adopted, adoptExec, adoptTask } from './runtime/adopt.ts';
import type { Container, SplitContext, SplitRuntimeOptions } from './runtime/context.ts';
import { noteEnd, reconcile } from './runtime/end.ts';
import { Ends } from './runtime/ends.ts';
import { execInTask } from './runtime/exec.ts';
import { forgetTask } from './runtime/forget.ts';
import { resumeTask } from './runtime/resume.ts';
import { startTask } from './runtime/start.ts';

export class SplitRuntime implements HostRuntime {
  readonly name = 'runc';
  /** The plan is executed behind a command line, which knows of no steps. */
  readonly canPace = false;
  readonly roots;
  readonly apparmor;
  readonly cgroupLayout;
  readonly #context: SplitContext;
  /** Parents of cgroups that were used. */
  readonly #parents = new Map<string, ContainerCgroups>();

  constructor(options: SplitRuntimeOptions) {
    const { native, containerd, local } = options;
    this.roots = local.roots;
    this.apparmor = local.apparmor;
    this.cgroupLayout = local.cgroupLayout;
    const context: SplitContext = {
      ...options,
      host: readHostFacts(),
      nullFd: native.open('/dev/null', constants.O_RDWR),
      containers: new Map(),
      ends: new Ends(),
      signalled: new Map(),
      cgroupsOf: (spec, id) => this.#cgroupsOf(spec, id),
    };
    this.#context = context;
    containerd.listen({
      onEvent: ({ type, id, process, exitCode }) => {
        if (type === 'exit') noteEnd(context, { id, process }, exitCode ?? LOST);
      },
      onReturn: (tasks) => reconcile(context, tasks),
    });
  }

  get limitSupport() {
    return this.#context.local.limitSupport;
  }

  async start(request: StartRequest): Promise<ContainerProcess> {
    const { id } = request;
    if (this.#context.containers.get(id)?.running)
      throw new TskerError('conflict', `container ${id} is running already`);
    return startTask(this.#context, request);
  }

  adopt(task: TaskInfo, adopted: Adopted): ContainerProcess {
    return adoptTask(this.#context, task, adopted);
  }

  /** Another process of it. */
  adoptExec(id: string, info: ProcessInfo): ContainerProcess {
    return adoptExec(this.#context, id, info);
  }

  /** Tells the ends that came before anybody waited for them. */
  async catchUp(): Promise<void> {
    reconcile(this.#context, await this.#context.containerd.call('tasks.list', {}));
  }

  /** Whatever it is doing. */
  async end(id: string): Promise<void> {
    this.#context.ends.drop({ id, process: INIT });
    await forgetTask(this.#context, id);
  }

  async exec(id: string, request: ExecRequest): Promise<ContainerProcess> {
    return execInTask(this.#context, { id, container: this.#running(id), request });
  }

  async setUpNetwork(id: string, change: NetworkChange): Promise<readonly number[]> {
    return changeNetwork(this.#context, this.#running(id).pid, change);
  }

  processes(id: string): number[] {
    return listProcesses(this.#get(id).cgroups);
  }

  async pause(id: string): Promise<void> {
    await this.#context.containerd.call('tasks.pause', { id });
  }

  resume(id: string): Promise<void> {
    return resumeTask(this.#context, { id, container: () => this.#get(id) });
  }

  oomKilled(id: string): boolean {
    return wasOomKilled(this.#get(id).cgroups);
  }

  async update(id: string, resources: Resources): Promise<void> {
    await this.#context.containerd.call('tasks.update', { id, resources });
  }

  openRoot(id: string, options: Omit<ProcessRootOptions, 'process'>): Promise<ProcessRoot> {
    return openProcessRoot(this.#context.native, { process: this.#get(id), ...options });
  }

  statistics(id: string): CgroupStatistics {
    return readStatistics(this.#get(id).cgroups);
  }

  async delete(id: string): Promise<void> {
    const container = this.#context.containers.get(id);
    if (container === undefined) return;
    if (container.running) throw new TskerError('conflict', `container ${id} is running`);
    await forgetTask(this.#context, id);
  }

  close(): void {
    for (const cgroups of this.#parents.values()) removeParents(cgroups);
    this.#context.native.close(this.#context.nullFd);
    this.#context.local.close();
  }

  #cgroupsOf(spec: Spec, id: string): ContainerCgroups {
    const cgroups = containerCgroups(this.cgroupLayout, spec.linux.cgroupsPath, id);
    this.#parents.set(cgroups.relative.slice(0, Math.max(0, cgroups.relative.lastIndexOf('/'))), cgroups);
    return cgroups;
  }

  #get(id: string): Container {
    const container = this.#context.containers.get(id);
    if (container === undefined) throw new TskerError('not_found', `no running container ${id}`);
    return container;
  }

  #running(id: string): Container {
    const container = this.#get(id);
    if (!container.running) throw new TskerError('conflict', `container ${id} is not running`);
    return container;
  }
}
