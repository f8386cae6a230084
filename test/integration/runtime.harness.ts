// Containers for the runtime's integration tests: the real native library, a busybox root on overlay, a recording of the
// effects that is undone at the end. Whose children they are is TSKER_TEST_ARCH's to say. Needs root.
import { chmodSync, mkdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { release } from 'node:os';
import { join } from 'node:path';
import { ReadStream } from 'node:tty';
import type { RootfsMount } from '../../src/graphdriver/driver.ts';
import { findNativeParts, loadNative } from '../../src/native/load.ts';
import type { ExitStatus, Native } from '../../src/native/native.ts';
import type { Op } from '../../src/native/ops.ts';
import { DEFAULT_CAPABILITIES } from '../../src/runtime/capabilities.ts';
import { DEFAULT_PATH, defaultLinux, defaultMounts, processCapabilities } from '../../src/runtime/default-spec.ts';
import type { HostRuntime } from '../../src/runtime/host-runtime.ts';
import { InProcessRuntime } from '../../src/runtime/inprocess.ts';
import type { ContainerProcess, StartRequest } from '../../src/runtime/runtime.ts';
import { DEFAULT_SECCOMP_PROFILE } from '../../src/runtime/seccomp/default-profile.ts';
import { resolveProfile } from '../../src/runtime/seccomp/profile.ts';
import type { Linux, Process, Spec } from '../../src/runtime/spec.ts';
import { Turns } from '../../src/util/turns.ts';
import { busyboxRootfs } from '../helpers/busybox.ts';
import { testArchitecture } from '../helpers/daemon.ts';
import type { Owner } from '../helpers/owner.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { startSplitRuntime } from './runtime.split.ts';

export const SECCOMP = resolveProfile(DEFAULT_SECCOMP_PROFILE, {
  capabilities: DEFAULT_CAPABILITIES,
  architecture: process.arch === 'x64' ? 'amd64' : process.arch,
  kernelRelease: release(),
});

export interface Changes extends Partial<Omit<Spec, 'process' | 'linux'>> {
  readonly process?: Partial<Process>;
  readonly linux?: Partial<Linux>;
}

export interface Running {
  readonly id: string;
  readonly process: ContainerProcess;
  readonly undo: readonly Op[];
  /** Everything written to stdout and stderr until the end. */
  readonly output: Promise<string>;
}

export interface Finished extends ExitStatus {
  readonly output: string;
}

/** What a test wants of one container; `script` runs in busybox's shell. */
export interface Wanted {
  readonly script?: string;
  readonly args?: readonly string[];
  readonly changes?: Changes;
  readonly rootfs?: RootfsMount;
  readonly request?: Partial<StartRequest>;
}

export class RuntimeHarness {
  readonly native: Native;
  readonly runtime: HostRuntime;
  readonly directory: string;
  readonly warnings: string[] = [];
  readonly cgroupParent: string;
  readonly #lower: string;
  #count = 0;

  private constructor(owner: Owner, options: { native: Native; lower: string; directory: string }) {
    this.native = options.native;
    this.directory = options.directory;
    this.#lower = options.lower;
    this.cgroupParent = `tsker-test-runtime-${process.pid}`;
    const warn = (message: string): void => void this.warnings.push(message);
    const local = new InProcessRuntime({
      native: this.native,
      turns: new Turns(),
      mountPoint: join(this.directory, 'mnt'),
      seccompDirectory: join(this.directory, 'seccomp'),
      warn: (_, message) => warn(message),
    });
    const { native, directory } = this;
    this.runtime =
      testArchitecture() === 'split' ? startSplitRuntime(owner, { native, directory, local, warn }) : local;
    owner.teardown(() => this.runtime.close());
  }

  /** `change` puts something between the runtime and the native library. */
  static async create(owner: Owner, change: (native: Native) => Native = (native) => native): Promise<RuntimeHarness> {
    const directory = tempdir(owner, 'runtime');
    // The root of a user namespace finds its way like any other user.
    chmodSync(directory, 0o711);
    const lower = join(directory, 'lower');
    mkdirSync(lower);
    await busyboxRootfs(lower);
    return new RuntimeHarness(owner, { native: change(loadNative(findNativeParts([]))), lower, directory });
  }

  /** A new overlay over busybox. */
  overlay(): RootfsMount {
    const base = join(this.directory, `c${this.#count++}`);
    for (const name of ['upper', 'work']) mkdirSync(join(base, name), { recursive: true });
    return {
      type: 'overlay',
      source: 'overlay',
      cwd: this.directory,
      options: ['lowerdir=lower', `upperdir=${base}/upper`, `workdir=${base}/work`],
    };
  }

  get lower(): string {
    return this.#lower;
  }

  spec(id: string, args: readonly string[], changes: Changes = {}): Spec {
    const linux = defaultLinux();
    return {
      ociVersion: '1.2.0',
      hostname: 'box',
      root: { path: '/' },
      mounts: defaultMounts(),
      ...changes,
      process: {
        user: { uid: 0, gid: 0 },
        args,
        env: [`PATH=${DEFAULT_PATH}`],
        cwd: '/',
        capabilities: processCapabilities(changes.process?.user?.uid ?? 0),
        ...changes.process,
      },
      linux: {
        ...linux,
        cgroupsPath: `/${this.cgroupParent}/${id}`,
        seccomp: SECCOMP,
        ...changes.linux,
        resources: { ...linux.resources, ...changes.linux?.resources },
      },
    };
  }

  /** Starts a container that the owner's end kills and undoes. */
  async start(owner: Owner, { script, args, changes, rootfs, request }: Wanted): Promise<Running> {
    const id = `c${process.pid}-${this.#count++}`;
    const undo: Op[] = [];
    const pipe = this.native.pipe();
    const effects = { record: (_: string, __: string, ops: readonly Op[]): void => void undo.unshift(...ops) };
    let running: ContainerProcess | undefined;
    owner.teardown(async () => {
      running?.signal(9);
      await running?.exited;
      await this.runtime.delete(id);
      await this.native.runPlan(undo);
    });
    const output = readAll(new Socket({ fd: pipe.read, readable: true, writable: false }));
    const nullFd = this.native.open('/dev/null', 0);
    try {
      running = await this.runtime.start({
        id,
        spec: this.spec(id, args ?? ['sh', '-c', script ?? 'true'], changes),
        rootfs: rootfs ?? this.overlay(),
        stdio: { stdin: nullFd, stdout: pipe.write, stderr: pipe.write },
        effects,
        ...request,
      });
    } finally {
      this.native.close(pipe.write);
      this.native.close(nullFd);
    }
    return { id, process: running, undo, output };
  }

  /** Runs a container to its end. */
  async run(owner: Owner, wanted: Wanted): Promise<Finished> {
    const { process: running, output } = await this.start(owner, wanted);
    const status = await running.exited;
    return { ...status, output: await output };
  }

  /** Runs a program in a container to its end. */
  async exec(id: string, script: string, changes: Partial<Process> = {}): Promise<Finished> {
    const pipe = this.native.pipe();
    const output = readAll(new Socket({ fd: pipe.read, readable: true, writable: false }));
    const nullFd = this.native.open('/dev/null', 0);
    try {
      const running = await this.runtime.exec(id, {
        process: { ...this.spec(id, ['sh', '-c', script]).process, ...changes },
        stdio: { stdin: nullFd, stdout: pipe.write, stderr: pipe.write },
      });
      this.native.close(pipe.write);
      const status = await running.exited;
      return { ...status, output: await output };
    } catch (error) {
      this.native.close(pipe.write);
      throw error;
    } finally {
      this.native.close(nullFd);
    }
  }
}

export async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** A terminal's output to its end, which arrives as EIO. */
export function readTerminal(master: number): Promise<string> {
  const stream = new ReadStream(master);
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = '';
  stream.on('data', (chunk) => {
    text += String(chunk);
  });
  stream.on('error', () => resolve(text));
  stream.on('end', () => resolve(text));
  return promise;
}
