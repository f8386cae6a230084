// All execs of the daemon, by id. Those that have ended can be asked about for a while: clients read the exit code after the
// stream has ended.
import { TskerError } from '../../util/errors.ts';
import type { Exec } from './exec.ts';

export interface ExecStoreOptions {
  /** Milliseconds that an ended exec is remembered. */
  readonly remember?: number;
  /** Ended execs that are remembered at most. */
  readonly most?: number;
}

export class ExecStore {
  readonly #execs = new Map<string, Exec>();
  /** Ended ones, in the order of their end. */
  readonly #ended = new Set<Exec>();
  readonly #remember: number;
  readonly #most: number;

  constructor({ remember = 5 * 60_000, most = 1000 }: ExecStoreOptions = {}) {
    this.#remember = remember;
    this.#most = most;
  }

  get size(): number {
    return this.#execs.size;
  }

  add(exec: Exec): void {
    this.#forgetOld();
    this.#execs.set(exec.id, exec);
  }

  /** Throws `not_found` in Docker's words. */
  get(id: string): Exec {
    const exec = this.#execs.get(id);
    if (exec === undefined) throw new TskerError('not_found', `No such exec instance: ${id}`);
    return exec;
  }

  /** Those of a container that have not ended, the oldest first. */
  liveOf(containerId: string): Exec[] {
    return [...this.#execs.values()].filter(({ container, ended }) => container.id === containerId && !ended);
  }

  /** It has ended; call it after Exec.finished. */
  ended(exec: Exec): void {
    if (!this.#execs.has(exec.id)) return;
    this.#ended.add(exec);
    this.#forgetOld();
  }

  delete(exec: Exec): void {
    exec.listener?.end();
    this.#execs.delete(exec.id);
    this.#ended.delete(exec);
  }

  /** The container's run is over: what was never started never will be. */
  containerEnded(containerId: string): void {
    for (const exec of this.liveOf(containerId)) {
      if (!exec.running) this.delete(exec);
    }
  }

  /** The container is gone, and all that was in it. */
  containerRemoved(containerId: string): void {
    for (const exec of this.#execs.values()) {
      if (exec.container.id === containerId) this.delete(exec);
    }
  }

  #forgetOld(): void {
    const limit = performance.now() - this.#remember;
    for (const exec of this.#ended) {
      if ((exec.endedAt ?? 0) > limit && this.#ended.size <= this.#most) return;
      this.delete(exec);
    }
  }
}
