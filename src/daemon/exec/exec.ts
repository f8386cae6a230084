// One exec: what was asked for, and what has become of it. It lives in the daemon's memory; of those whose processes outlive the
// daemon there is a journal. It decides nothing; the verbs beside it act on it.
import { TskerError } from '../../util/errors.ts';
import type { Container } from '../container/container.ts';
import type { Io } from '../container/io.ts';
import type { ExecListener } from '../explain/exec.ts';

export interface ExecConfig {
  readonly command: readonly [string, ...string[]];
  readonly tty: boolean;
  readonly attachStdin: boolean;
  readonly attachStdout: boolean;
  readonly attachStderr: boolean;
  /** Bytes; empty: the default sequence. */
  readonly detachKeys: Buffer;
  /** Changes to the container's environment. */
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly privileged: boolean;
  /** Rows and columns of its terminal, unless the start says otherwise. */
  readonly size: { readonly rows: number; readonly columns: number };
}

type Phase = 'created' | 'starting' | 'running' | 'ended';

export class Exec {
  readonly id: string;
  readonly container: Container;
  readonly config: ExecConfig;
  /** Host pid; 0 before the start. */
  pid = 0;
  exitCode: number | undefined;
  /** Milliseconds on the monotonic clock. */
  endedAt: number | undefined;
  /** The streams of an exec that clients may resize. */
  io: Io | undefined;
  /** Who wants its start explained. */
  listener: ExecListener | undefined;
  #phase: Phase = 'created';
  readonly #settled = Promise.withResolvers<void>();

  constructor(id: string, container: Container, config: ExecConfig) {
    this.id = id;
    this.container = container;
    this.config = config;
  }

  get running(): boolean {
    return this.#phase === 'starting' || this.#phase === 'running';
  }

  get ended(): boolean {
    return this.#phase === 'ended';
  }

  /** Resolves when the program runs, or is known not to. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** For one caller alone. Throws `conflict` for all others. */
  claim(): void {
    if (this.#phase === 'created') this.#phase = 'starting';
    else {
      const what = this.#phase === 'ended' ? 'has already run' : 'is already running';
      throw new TskerError('conflict', `Error: Exec command ${this.id} ${what}`);
    }
  }

  started(pid: number): void {
    this.pid = pid;
    this.#phase = 'running';
    this.#settled.resolve();
  }

  finished(exitCode: number): void {
    this.exitCode = exitCode;
    this.endedAt = performance.now();
    this.#phase = 'ended';
    this.io = undefined;
    this.#settled.resolve();
  }
}
