// One engine of the tour's own: a daemon with a root, a socket and nothing on the network, below the stage's directory. It starts,
// kills and ends it, and says which processes are its. It never speaks to an engine that was there before.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiClient } from '../../client/client.ts';
import { parseHost } from '../../client/host.ts';
import { TskerError } from '../../util/errors.ts';
import { ownCommand } from '../../util/own-command.ts';
import { hasVariable, listProcesses, lives, namespaceOf, type ProcessFacts, readProcess } from '../proc/processes.ts';
import { type ProcessNode, treeOf } from '../proc/tree.ts';
import { Containers } from './containers.ts';
import { until } from './wait.ts';

export const ARCHITECTURES = ['monolith', 'split'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** Says whose a process is, in the environment of all that the engine starts but of containers. */
const MARK = 'TSKER_DEMO';
const LOG_TAIL = 2000;
/** Milliseconds: the first start unpacks its parts, and a machine may be an emulated one. A daemon that ends is not waited for. */
const START = 180_000;

export interface EngineOptions {
  readonly architecture: Architecture;
  /** Its own; made by it, unless another tour has left it. */
  readonly directory: string;
  readonly image: string;
}

export class Engine {
  readonly architecture: Architecture;
  readonly directory: string;
  readonly api: ApiClient;
  readonly containers: Containers;
  #child: ChildProcess | undefined;
  #closed = false;

  constructor({ architecture, directory, image }: EngineOptions) {
    this.architecture = architecture;
    this.directory = directory;
    this.api = new ApiClient({ host: parseHost(`unix://${this.socket}`) });
    this.containers = new Containers(this.api, image);
    mkdirSync(directory, { mode: 0o711, recursive: true });
    // Not /etc/tsker/daemon.json: that is another engine's.
    writeFileSync(this.#path('daemon.json'), '{}\n');
  }

  get socket(): string {
    return this.#path('sock');
  }

  /** The daemon's process; throws when none has been started. */
  get daemon(): ProcessFacts {
    const facts = readProcess(this.#child?.pid ?? 0);
    if (facts === undefined) throw new TskerError('unavailable', `the ${this.architecture}'s daemon is not running`);
    return facts;
  }

  get running(): boolean {
    const { pid = 0 } = this.#child ?? {};
    return this.#child?.exitCode === null && this.#child.signalCode === null && readProcess(pid) !== undefined;
  }

  /** Starts a daemon on the engine's root, for the first time or again, and waits until it answers. */
  async start(): Promise<ProcessFacts> {
    if (this.#closed) throw new TskerError('cancelled', 'the stage has been left');
    const [program, ...words] = [...ownCommand(), ...this.#daemonWords()];
    const log = openSync(this.#path('log'), 'a');
    // In a session of its own: Ctrl-C is for the tour, which ends its engines in order.
    const child = spawn(program ?? '', words, {
      env: this.environment(),
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    child.on('error', () => undefined);
    await until(`the ${this.architecture}'s daemon answers`, () => this.#answers(child), START);
    await this.containers.haveImage();
    return this.daemon;
  }

  /** SIGKILL to the daemon, and its end. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM to the daemon, and its end. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Every process of the engine that lives now, containers included. */
  processes(): readonly ProcessFacts[] {
    const all = listProcesses().filter(({ state }) => state !== 'Z');
    const pids = this.containers.pids();
    const mine = new Set(all.filter(({ pid }) => pids.has(pid) || hasVariable(pid, this.#mark)).map(({ pid }) => pid));
    for (let found = true; found; ) {
      found = false;
      for (const { pid, parent } of all) {
        if (mine.has(pid) || !mine.has(parent)) continue;
        mine.add(pid);
        found = true;
      }
    }
    return all.filter(({ pid }) => mine.has(pid));
  }

  tree(memory?: (pid: number) => number): readonly ProcessNode[] {
    const containers = this.containers.pids();
    const namespaces = new Set([...containers.keys()].map((pid) => namespaceOf(pid, 'pid')));
    const inside = (pid: number): boolean => namespaces.has(namespaceOf(pid, 'pid'));
    return treeOf(this.processes(), { containers, inside, ...(memory === undefined ? {} : { memory }) });
  }

  /**
   * Takes back all that the engine made. What a killed daemon left on the host only the next one on its root can undo, so one is
   * started for that. Never throws for what is gone already.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#child !== undefined && !this.running) await this.start();
    this.#closed = true;
    if (this.#child === undefined) return;
    await until(`the ${this.architecture}'s daemon answers`, () => this.#answers(this.#child));
    await this.containers.removeAll();
    await this.stop();
    await until(`the end of the ${this.architecture}`, () => this.processes().length === 0, 5000).catch(() =>
      this.#killRest(),
    );
  }

  /** Takes back an engine that another tour has left: what runs of it ends, and a daemon of ours undoes the rest. */
  async reclaim(): Promise<void> {
    this.#killRest();
    await until(`the end of ${this.directory}`, () => this.processes().length === 0);
    if (!existsSync(this.#path('root'))) return;
    await this.start();
    await this.close();
  }

  #killRest(): void {
    for (const { pid } of this.processes()) process.kill(pid, 'SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const { daemon } = this;
    this.#child?.kill(signal);
    await until(`the end of the ${this.architecture}'s daemon`, () => !lives(daemon));
  }

  async #answers(child: ChildProcess | undefined): Promise<boolean> {
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      const log = readFileSync(this.#path('log'), 'utf8').slice(-LOG_TAIL).trim();
      throw new TskerError('unavailable', `the ${this.architecture}'s daemon did not start:\n${log}`);
    }
    return this.api.send('GET', '/_ping').then(
      (status) => status === 200,
      () => false,
    );
  }

  #daemonWords(): readonly string[] {
    return [
      'daemon',
      ...(this.architecture === 'split' ? ['--arch', 'split'] : []),
      ...['--data-root', this.#path('root'), '--exec-root', this.#path('exec'), '--pidfile', this.#path('pid')],
      ...['-H', `unix://${this.socket}`, '--bridge', 'none', '--config-file', this.#path('daemon.json')],
    ];
  }

  get #mark(): string {
    return `${MARK}=${this.directory}`;
  }

  /** Of what is started beside it, and is to count as its own. */
  environment(): NodeJS.ProcessEnv {
    const { PATH, TMPDIR, LANG } = process.env;
    return { PATH, TMPDIR, LANG, HOME: this.directory, [MARK]: this.directory };
  }

  #path(name: string): string {
    return join(this.directory, name);
  }
}
