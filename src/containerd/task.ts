// A task: one container with its shim. The shim does what takes a parent; what runs the runtime is asked of it, in the runtime's own
// words. A shim that dies takes its container with it: nobody else would know how that ended.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  INIT,
  type ProcessInfo,
  type StreamPaths,
  type TaskEvent,
  type TaskInfo,
  type TaskStatus,
} from '../types/containerd.ts';
import { messageOf, TskerError, withCleanupFailure } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import {
  complaintIn,
  createWords,
  execWords,
  isUnsettledFreezer,
  logOf,
  pidFileOf,
  specFileOf,
  type VerbOptions,
  verbWords,
} from './runtime-command.ts';
import type { ShimConnection, ShimNews, ShimProcess } from './shim.ts';

/** As if killed: what a container counts as whose end nobody saw. */
const LOST = 137;
/** Codes above it are of what a signal has ended. */
const SIGNALLED = 128;
/** Milliseconds in which a runtime that gives up is asked again. */
const FREEZE_PATIENCE = 5000;

export interface TaskOptions {
  readonly id: string;
  readonly directory: string;
  readonly emit: (event: TaskEvent) => void;
  /** The runtime without a shim, for what one has left. */
  readonly runDirectly: (words: readonly string[], directory: string) => Promise<void>;
  readonly log: Logger;
}

interface KnownProcess {
  pid: number;
  exitCode: number | undefined;
  exitedAt: number | undefined;
}

export class Task {
  readonly id: string;
  readonly #options: TaskOptions;
  readonly #processes = new Map<string, KnownProcess>();
  #shim: ShimConnection | undefined;
  #shimPid = 0;
  #status: TaskStatus = 'created';
  /** The shim was told to end. */
  #over = false;
  #lost: Promise<void> | undefined;

  constructor(options: TaskOptions) {
    this.id = options.id;
    this.#options = options;
  }

  /** For the connection to its shim. */
  get news(): ShimNews {
    return {
      onExit: (process) => this.#ended(process),
      onGone: () => {
        this.#shim = undefined;
        if (!this.#over) this.#lost ??= this.#shimLost();
      },
    };
  }

  get info(): TaskInfo {
    const processes = [...this.#processes].map(
      ([name, { pid, exitCode, exitedAt }]): ProcessInfo => ({
        ...{ name, pid },
        ...(exitCode === undefined ? {} : { exitCode }),
        ...(exitedAt === undefined ? {} : { exitedAt }),
      }),
    );
    return { id: this.id, status: this.#status, shim: this.#shim === undefined ? 0 : this.#shimPid, processes };
  }

  /** Throws what the runtime said; then there is no container, and no shim. */
  async create(shim: ShimConnection, shimPid: number, streams: StreamPaths): Promise<number> {
    this.#shim = shim;
    this.#shimPid = shimPid;
    try {
      const pid = await this.#make(INIT, streams, createWords(this.id, streams));
      this.#emit('create', INIT, pid);
      return pid;
    } catch (error) {
      await this.#endShim();
      throw error;
    }
  }

  /** After a restart of containerd: what the shim and the runtime know of it. */
  async recover(
    shim: ShimConnection,
    { shimPid, exitedAt }: { shimPid: number; exitedAt: number | undefined },
  ): Promise<void> {
    this.#shim = shim;
    this.#shimPid = shimPid;
    for (const { name, pid, status } of await shim.processes()) {
      const ended = status >= 0;
      this.#processes.set(name, {
        pid,
        exitCode: ended ? status : undefined,
        exitedAt: ended ? (exitedAt ?? Date.now()) : undefined,
      });
    }
    this.#status = this.#processes.get(INIT)?.exitCode === undefined ? await this.#askStatus() : 'stopped';
  }

  async start(): Promise<void> {
    await this.#run('start');
    if (this.#status === 'created') this.#status = 'running';
    this.#emit('start', INIT);
  }

  async exec(process: string, spec: object, streams: StreamPaths): Promise<number> {
    writeFileSync(this.#path(specFileOf(process)), JSON.stringify(spec), { mode: 0o600 });
    try {
      const pid = await this.#make(process, streams, execWords(this.id, { process, terminal: streams.terminal }));
      this.#emit('exec', process, pid);
      return pid;
    } finally {
      for (const file of [specFileOf(process), pidFileOf(process), logOf(process), `${process}.pty`]) {
        rmSync(this.#path(file), { force: true });
      }
    }
  }

  /** Runtimes signal the first process alone. */
  async kill(process: string, signal: number): Promise<void> {
    if (process === INIT) await this.#run('kill', { after: [String(signal)] });
    else await this.#requireShim().command('signal', process, String(signal));
  }

  async pause(): Promise<void> {
    await this.#freeze();
    this.#status = 'paused';
    this.#emit('pause', INIT);
  }

  async resume(): Promise<void> {
    await this.#run('resume');
    if (this.#status === 'paused') this.#status = 'running';
    this.#emit('resume', INIT);
  }

  async update(resources: object): Promise<void> {
    const file = 'update.json';
    writeFileSync(this.#path(file), JSON.stringify(resources), { mode: 0o600 });
    try {
      await this.#run('update', { before: ['--resources', file] });
    } finally {
      rmSync(this.#path(file), { force: true });
    }
  }

  async resize(process: string, rows: number, columns: number): Promise<void> {
    await this.#requireShim().command('resize', process, String(rows), String(columns));
  }

  async closeStdin(process: string): Promise<void> {
    await this.#requireShim().command('close', process);
  }

  /** An exec that has ended. */
  async forget(process: string): Promise<void> {
    await this.#requireShim().command('forget', process);
    this.#processes.delete(process);
  }

  /** Whatever it is doing: its processes are killed, the runtime forgets it, the shim ends. */
  async delete(): Promise<void> {
    if (this.#shim === undefined) await this.#lost;
    else {
      await this.#run('delete', this.#status === 'stopped' ? {} : { before: ['--force'] });
      await this.#endShim();
    }
    this.#emit('delete', INIT);
  }

  async #make(
    name: string,
    { terminal, stdin, stdout, stderr }: StreamPaths,
    words: readonly string[],
  ): Promise<number> {
    const known: KnownProcess = { pid: 0, exitCode: undefined, exitedAt: undefined };
    this.#processes.set(name, known);
    const kind = terminal ? 'terminal' : 'pipes';
    try {
      const shim = this.#requireShim();
      const made = await shim.process([name, kind, stdin, stdout, stderr, pidFileOf(name), logOf(name), ...words]);
      if ('code' in made) throw await this.#notMade(name, made.code);
      known.pid = made.pid;
      return made.pid;
    } catch (error) {
      this.#processes.delete(name);
      throw error;
    }
  }

  /** Why there is no such process. A runtime that was killed has taken nothing back, and would refuse the same id again. */
  async #notMade(name: string, code: number): Promise<Error> {
    const complaint = this.#complaint(name === INIT ? 'create' : 'exec', name, code);
    if (name !== INIT || code <= SIGNALLED) return complaint;
    return this.#run('delete', { before: ['--force'] }).then(
      () => complaint,
      (failure: unknown) => withCleanupFailure(complaint, failure),
    );
  }

  /** Throws what the runtime said. */
  async #run(verb: string, options: VerbOptions = {}): Promise<void> {
    const code = await this.#requireShim().run(logOf(verb), verbWords(verb, this.id, options));
    if (code !== 0) throw this.#complaint(verb, verb, code);
  }

  /** As patient as the monolith. */
  async #freeze(): Promise<void> {
    const deadline = performance.now() + FREEZE_PATIENCE;
    for (;;) {
      try {
        await this.#run('pause');
        return;
      } catch (error) {
        if (!isUnsettledFreezer(error) || performance.now() > deadline) throw error;
      }
    }
  }

  #complaint(verb: string, log: string, code: number): TskerError {
    const path = this.#path(logOf(log));
    const said = complaintIn(path);
    rmSync(path, { force: true });
    const message = said === '' ? `it ended with code ${code}` : said;
    return new TskerError('internal', `OCI runtime ${verb} failed: ${message}`);
  }

  async #askStatus(): Promise<TaskStatus> {
    const file = 'state.out';
    await this.#requireShim().run(file, ['state', this.id]);
    const said = readFileSync(this.#path(file), 'utf8');
    rmSync(this.#path(file), { force: true });
    const status = /"status": *"(\w+)"/.exec(said)?.[1];
    return (['created', 'paused', 'stopped'] as const).find((one) => one === status) ?? 'running';
  }

  #ended({ name, pid, status }: ShimProcess): void {
    const process = this.#processes.get(name);
    if (process === undefined || process.exitCode !== undefined) return;
    // The news of a short one may come with the answer that it was started.
    process.pid = pid;
    process.exitCode = status;
    process.exitedAt = Date.now();
    if (name === INIT) this.#status = 'stopped';
    this.#emit('exit', name, pid, status);
  }

  async #endShim(): Promise<void> {
    this.#over = true;
    const shim = this.#shim;
    if (shim === undefined) return;
    try {
      await shim.command('quit');
    } catch (error) {
      this.#options.log.warn('a shim was gone before it was told to end', { task: this.id, error: messageOf(error) });
    }
    shim.close();
  }

  /** Its container runs on without a parent: it is killed, and counts as such. */
  async #shimLost(): Promise<void> {
    const { log, runDirectly, directory } = this.#options;
    log.warn('the shim of a container is gone: the container is ended', { task: this.id, shim: this.#shimPid });
    try {
      await runDirectly(['delete', '--force', this.id], directory);
    } catch (error) {
      log.error('what a shim has left could not be ended', { task: this.id, error: messageOf(error) });
    }
    for (const [name, { pid, exitCode }] of this.#processes) {
      if (exitCode === undefined) this.#ended({ name, pid, status: LOST });
    }
  }

  #requireShim(): ShimConnection {
    if (this.#shim !== undefined) return this.#shim;
    throw new TskerError('conflict', `the shim of ${this.id} is gone`);
  }

  #path(file: string): string {
    return join(this.#options.directory, file);
  }

  #emit(
    type: TaskEvent['type'],
    process: string,
    pid = this.#processes.get(process)?.pid ?? 0,
    exitCode?: number,
  ): void {
    const event = { type, id: this.id, process, pid, time: Date.now() };
    this.#options.emit(exitCode === undefined ? event : { ...event, exitCode });
  }
}
