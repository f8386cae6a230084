// A container's directory below <state>/tasks: its OCI bundle, the FIFOs of its streams, its shim's socket. One a run.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ERRNO } from '../../native/errno.ts';
import type { Effects } from '../../runtime/runtime.ts';

export class TaskDirectories {
  readonly #tasks: string;

  constructor(state: string) {
    this.#tasks = join(state, 'tasks');
  }

  of(id: string): string {
    return join(this.#tasks, id);
  }

  /** Written down before it is made; once a run. */
  make(id: string, effects: Effects): string {
    const path = this.of(id);
    if (existsSync(path)) return path;
    effects.record('bundle', path, [{ op: 'RMTREE', path, tolerate: ERRNO.ENOENT }]);
    // Root of a user namespace has to reach what is mounted in it.
    mkdirSync(path, { recursive: true, mode: 0o711 });
    return path;
  }
}
