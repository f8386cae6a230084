// The runtime of the split architecture: the same interface as the monolith's, behind it containerd, a shim, and an OCI runtime's
// command line. What it does itself is what dockerd does: the root file system mounted on the host, the bundle, and the
// network between `create` and `start`. Cgroup files are read as they are.
import { randomBytes } from 'node:crypto';
import { constants, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RootfsMount } from '../../graphdriver/driver.ts';
import type { ExitStatus, Native } from '../../native/native.ts';
import { openProcessRoot, type ProcessRoot, type ProcessRootOptions } from '../../runtime/archive.ts';
import { isFrozen, listProcesses, wasOomKilled } from '../../runtime/cgroup/control.ts';
import { undoOps } from '../../runtime/cgroup/create.ts';
import { removeParents } from '../../runtime/cgroup/parents.ts';
import { type ContainerCgroups, containerCgroups } from '../../runtime/cgroup/paths.ts';
import { type CgroupStatistics, readStatistics } from '../../runtime/cgroup/stats.ts';
import type { HostRuntime } from '../../runtime/host-runtime.ts';
import { type HostFacts, readHostFacts } from '../../runtime/inprocess/host-facts.ts';
import { changeNetwork } from '../../runtime/inprocess/network.ts';
import { checkKernelMounts } from '../../runtime/inprocess/root.ts';
import { during } from '../../runtime/narration.ts';
import type {
  ContainerProcess,
  ExecRequest,
  NetworkChange,
  ProcessControl,
  StartRequest,
} from '../../runtime/runtime.ts';
import type { Resources, Spec } from '../../runtime/spec.ts';
import { INIT, type TaskEvent, type TaskInfo } from '../../types/containerd.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import { type BundleFacts, bundleSpec, processSpec } from './bundle.ts';
import type { Containerd } from './containerd.ts';
import { explainCreate, explainExec, withExecExplanation, withExplanation } from './explain.ts';
import { explainRuntime } from './failure.ts';
import { mountRoot } from './root.ts';
import { SPLIT_STEPS } from './steps.ts';
import { streamPaths } from './stream-paths.ts';
import type { TaskDirectories } from './task-directory.ts';

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

interface Container {
  readonly spec: Spec;
  readonly rootfs: RootfsMount;
  readonly cgroups: ContainerCgroups;
  readonly pid: number;
  readonly pidfd: number;
  running: boolean;
}

/** As if killed: a process whose end nobody saw. */
const LOST = 137;

export class SplitRuntime implements HostRuntime {
  readonly name = 'runc';
  /** The plan is executed behind a command line, which knows of no steps. */
  readonly canPace = false;
  readonly roots;
  readonly apparmor;
  readonly cgroupLayout;
  readonly #options: SplitRuntimeOptions;
  readonly #host: HostFacts = readHostFacts();
  readonly #nullFd: number;
  readonly #containers = new Map<string, Container>();
  /** By container and process: whom to tell of an end. */
  readonly #ends = new Map<string, (status: ExitStatus) => void>();
  /** Signals on their way, by container. */
  readonly #signalled = new Map<string, Promise<void>>();
  /** Parents of cgroups that were used. */
  readonly #parents = new Map<string, ContainerCgroups>();

  constructor(options: SplitRuntimeOptions) {
    const { native, containerd, local } = options;
    this.#options = options;
    this.roots = local.roots;
    this.apparmor = local.apparmor;
    this.cgroupLayout = local.cgroupLayout;
    this.#nullFd = native.open('/dev/null', constants.O_RDWR);
    containerd.listen({ onEvent: (event) => this.#handle(event), onReturn: (tasks) => this.#reconcile(tasks) });
  }

  get limitSupport() {
    return this.#options.local.limitSupport;
  }

  async start(request: StartRequest): Promise<ContainerProcess> {
    const { id, spec, rootfs, effects, stdio, watch } = request;
    const { native, containerd, directories } = this.#options;
    if (this.#containers.get(id)?.running) throw new TskerError('conflict', `container ${id} is running already`);
    const cgroups = this.#cgroupsOf(spec, id);
    checkKernelMounts(this.roots, rootfs, spec);
    effects.record('cgroup', `/${cgroups.relative}`, undoOps(cgroups));
    const directory = directories.make(id, effects);
    const root = await during(watch, SPLIT_STEPS.mount, () => mountRoot(native, { rootfs, directory, effects }));
    const size = 'terminal' in stdio ? stdio : undefined;
    const bundle = during(watch, SPLIT_STEPS.bundle, () =>
      bundleSpec(
        { spec, root, cgroup: `/${cgroups.relative}`, terminal: size !== undefined, size, init: this.#options.init },
        this.#bundleFacts(id),
      ),
    );
    const asked = watch === undefined ? bundle : withExplanation(bundle, watch);
    writeFileSync(join(directory, 'config.json'), JSON.stringify(asked), { mode: 0o600 });
    const exited = this.#expectEnd(id, INIT);
    try {
      const make = () => containerd.call('tasks.create', { id, ...streamPaths(stdio) });
      const { pid } = await during(watch, SPLIT_STEPS.create, () =>
        watch === undefined ? make() : explainCreate(watch, { containerd, directory, make }),
      );
      const container = { spec, rootfs, cgroups, pid, pidfd: native.pidfdOpen(pid), running: true };
      this.#containers.set(id, container);
      const sockets = await during(watch, SPLIT_STEPS.network, () => this.#setUpNew(request, pid));
      await during(watch, SPLIT_STEPS.start, () => containerd.call('tasks.start', { id }));
      watch?.executed();
      return this.#processOf({ id, name: INIT, pid, exited, sockets });
    } catch (error) {
      await this.#abandon(id);
      throw explainRuntime({ error, roots: this.roots, kind: 'start', rootfs, process: spec.process });
    }
  }

  /** A container of the daemon before us, as containerd knows it: it runs, or has ended meanwhile. */
  adopt(task: TaskInfo, { spec, rootfs }: Pick<Container, 'spec' | 'rootfs'>): ContainerProcess {
    const { native } = this.#options;
    const { id } = task;
    const init = task.processes.find(({ name }) => name === INIT);
    const pid = init?.pid ?? 0;
    const running = init !== undefined && init.exitCode === undefined;
    const exited = this.#expectEnd(id, INIT);
    const cgroups = this.#cgroupsOf(spec, id);
    this.#containers.set(id, {
      spec,
      rootfs,
      cgroups,
      pid,
      pidfd: running ? native.pidfdOpen(pid) : -1,
      running: true,
    });
    if (!running) this.#end(id, INIT, init?.exitCode ?? LOST);
    return this.#processOf({ id, name: INIT, pid, exited, sockets: [] });
  }

  /** Whatever it is doing. */
  async end(id: string): Promise<void> {
    this.#ends.delete(endKey(id, INIT));
    await this.#forget(id);
  }

  async exec(id: string, { process, stdio, watch }: ExecRequest): Promise<ContainerProcess> {
    const container = this.#running(id);
    const { spec, rootfs } = container;
    const name = `e${randomBytes(8).toString('hex')}`;
    const size = 'terminal' in stdio ? stdio : undefined;
    const userNamespace = spec.linux.namespaces.some(({ type }) => type === 'user');
    const wanted = processSpec({ process, terminal: size !== undefined, size, userNamespace }, this.#bundleFacts(id));
    const exited = this.#expectEnd(id, name);
    try {
      const asked = watch === undefined ? wanted : withExecExplanation(wanted, watch);
      const request = { id, process: name, spec: asked, ...streamPaths(stdio) };
      const make = () => this.#options.containerd.call('tasks.exec', request);
      const processFile = join(this.#options.directories.of(id), `${name}.json`);
      const { pid } = await during(watch, SPLIT_STEPS.exec, () =>
        watch === undefined ? make() : explainExec(watch, { container, processFile, make }),
      );
      return this.#processOf({ id, name, pid, exited, sockets: [] });
    } catch (error) {
      this.#ends.delete(endKey(id, name));
      throw explainRuntime({ error, roots: this.roots, kind: 'exec', rootfs, process });
    }
  }

  setUpNetwork(id: string, change: NetworkChange): Promise<readonly number[]> {
    return this.#changeNetwork(this.#running(id).pid, change);
  }

  processes(id: string): number[] {
    return listProcesses(this.#get(id).cgroups);
  }

  async pause(id: string): Promise<void> {
    await this.#options.containerd.call('tasks.pause', { id });
  }

  /** A signal that was sent before comes first. Some runtimes thaw what they kill: then there is nothing left to do. */
  async resume(id: string): Promise<void> {
    await this.#signalled.get(id);
    try {
      await this.#options.containerd.call('tasks.resume', { id });
    } catch (error) {
      if (isFrozen(this.#get(id).cgroups)) throw error;
    }
  }

  oomKilled(id: string): boolean {
    return wasOomKilled(this.#get(id).cgroups);
  }

  async update(id: string, resources: Resources): Promise<void> {
    await this.#options.containerd.call('tasks.update', { id, resources });
  }

  openRoot(id: string, options: Omit<ProcessRootOptions, 'process'>): Promise<ProcessRoot> {
    return openProcessRoot(this.#options.native, { process: this.#get(id), ...options });
  }

  statistics(id: string): CgroupStatistics {
    return readStatistics(this.#get(id).cgroups);
  }

  async delete(id: string): Promise<void> {
    const container = this.#containers.get(id);
    if (container === undefined) return;
    if (container.running) throw new TskerError('conflict', `container ${id} is running`);
    await this.#forget(id);
  }

  close(): void {
    for (const cgroups of this.#parents.values()) removeParents(cgroups);
    this.#options.native.close(this.#nullFd);
    this.#options.local.close();
  }

  #setUpNew(
    { networkSetup: setup, networkSockets: sockets = 0 }: StartRequest,
    pid: number,
  ): Promise<readonly number[]> {
    return setup === undefined ? Promise.resolve([]) : this.#changeNetwork(pid, { setup, sockets });
  }

  #changeNetwork(pid: number, change: NetworkChange): Promise<readonly number[]> {
    return changeNetwork({ native: this.#options.native, nullFd: this.#nullFd }, pid, change);
  }

  #cgroupsOf(spec: Spec, id: string): ContainerCgroups {
    const cgroups = containerCgroups(this.cgroupLayout, spec.linux.cgroupsPath, id);
    this.#parents.set(cgroups.relative.slice(0, Math.max(0, cgroups.relative.lastIndexOf('/'))), cgroups);
    return cgroups;
  }

  #bundleFacts(container: string): BundleFacts {
    const { native, log } = this.#options;
    return {
      host: this.#host,
      mayRaise: native.features.sysResource,
      apparmor: this.apparmor.attribute !== undefined,
      warn: (message) => log.warn(message, { container }),
    };
  }

  #processOf(process: {
    readonly id: string;
    readonly name: string;
    readonly pid: number;
    readonly exited: Promise<ExitStatus>;
    readonly sockets: readonly number[];
  }): ContainerProcess {
    const { id, name, pid, exited, sockets } = process;
    return {
      ...{ pid, exited, sockets, terminal: undefined },
      control: this.#controlOf(id, name),
      signal: (signal) => {
        if (!this.#ends.has(endKey(id, name))) return false;
        if (signal !== 0) this.#signal(id, name, signal);
        return true;
      },
    };
  }

  #signal(id: string, process: string, signal: number): void {
    const sent = this.#options.containerd.call('tasks.kill', { id, process, signal });
    const settled = this.#tell(`signal ${signal}`, sent);
    this.#signalled.set(id, settled);
    void settled.then(() => {
      if (this.#signalled.get(id) === settled) this.#signalled.delete(id);
    });
  }

  #controlOf(id: string, process: string): ProcessControl {
    const { containerd } = this.#options;
    const lives = (): boolean => this.#ends.has(endKey(id, process));
    return {
      resize: async ({ rows, columns }) => {
        if (lives()) await this.#tell('resize', containerd.call('tasks.resize', { id, process, rows, columns }));
      },
      closeStdin: () => {
        if (lives()) void this.#tell('closing stdin', containerd.call('tasks.closeStdin', { id, process }));
      },
    };
  }

  /** What comes too late for a process that has ended, or was not to be had, is nobody's failure. */
  async #tell(what: string, asked: Promise<unknown>): Promise<void> {
    try {
      await asked;
    } catch (error) {
      this.#options.log.debug(`${what} came to nothing`, { error: messageOf(error) });
    }
  }

  #expectEnd(id: string, process: string): Promise<ExitStatus> {
    const { promise, resolve } = Promise.withResolvers<ExitStatus>();
    this.#ends.set(endKey(id, process), resolve);
    return promise;
  }

  #end(id: string, process: string, code: number): void {
    const key = endKey(id, process);
    const tell = this.#ends.get(key);
    this.#ends.delete(key);
    const container = this.#containers.get(id);
    if (process === INIT && container !== undefined) container.running = false;
    if (process !== INIT)
      void this.#tell('forgetting an exec', this.#options.containerd.call('tasks.delete', { id, process }));
    tell?.({ code, signal: code > 128 ? code - 128 : undefined });
  }

  #handle({ type, id, process, exitCode }: TaskEvent): void {
    if (type === 'exit') this.#end(id, process, exitCode ?? LOST);
  }

  /** containerd was away: what it did not see, its shims did. */
  #reconcile(tasks: readonly TaskInfo[]): void {
    for (const key of [...this.#ends.keys()]) {
      const [id = '', process = ''] = key.split(' ');
      if (this.#containers.get(id) === undefined) continue;
      const known = tasks.find((task) => task.id === id)?.processes.find(({ name }) => name === process);
      if (known === undefined) this.#end(id, process, LOST);
      else if (known.exitCode !== undefined) this.#end(id, process, known.exitCode);
    }
  }

  /** A start that came to nothing. */
  async #abandon(id: string): Promise<void> {
    this.#ends.delete(endKey(id, INIT));
    await this.#forget(id).catch((error: unknown) => {
      this.#options.log.warn('a task could not be deleted', { container: id, error: messageOf(error) });
    });
  }

  async #forget(id: string): Promise<void> {
    const { native, containerd } = this.#options;
    const container = this.#containers.get(id);
    this.#containers.delete(id);
    if (container !== undefined && container.pidfd >= 0) native.close(container.pidfd);
    try {
      await containerd.call('tasks.delete', { id, process: INIT });
    } catch (error) {
      if (!(error instanceof TskerError && error.code === 'not_found')) throw error;
    }
  }

  #get(id: string): Container {
    const container = this.#containers.get(id);
    if (container === undefined) throw new TskerError('not_found', `no running container ${id}`);
    return container;
  }

  #running(id: string): Container {
    const container = this.#get(id);
    if (!container.running) throw new TskerError('conflict', `container ${id} is not running`);
    return container;
  }
}

function endKey(id: string, process: string): string {
  return `${id} ${process}`;
}
