// The OCI runtime, run by a task's shim in the runtime's own words, and what it said when it could not. What the words are for is
// the verbs' business.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { INIT, type StreamPaths } from '../../types/containerd.ts';
import { TskerError, withCleanupFailure } from '../../util/errors.ts';
import { complaintIn, logOf, pidFileOf, type VerbOptions, verbWords } from '../runtime-command.ts';
import type { ShimConnection } from '../shim.ts';

/** Codes above it are of what a signal has ended. */
const SIGNALLED = 128;

export interface ProcessRequest {
  readonly name: string;
  readonly streams: StreamPaths;
  /** The runtime's, to make it. */
  readonly words: readonly string[];
}

export class TaskRuntime {
  readonly #id: string;
  readonly #directory: string;
  /** Undefined when it is gone. */
  shim: ShimConnection | undefined;

  constructor(id: string, directory: string) {
    this.#id = id;
    this.#directory = directory;
  }

  /** Throws `conflict`. */
  requireShim(): ShimConnection {
    if (this.shim !== undefined) return this.shim;
    throw new TskerError('conflict', `the shim of ${this.#id} is gone`);
  }

  /** Of a file in the task's directory. */
  path(file: string): string {
    return join(this.#directory, file);
  }

  /** Throws what the runtime said. */
  async run(verb: string, options: VerbOptions = {}): Promise<void> {
    const code = await this.requireShim().run(logOf(verb), verbWords(verb, this.#id, options));
    if (code !== 0) throw this.#complaint(verb, verb, code);
  }

  /** The new process's pid. Throws what the runtime said. */
  async make({ name, streams, words }: ProcessRequest): Promise<number> {
    const { terminal, stdin, stdout, stderr } = streams;
    const kind = terminal ? 'terminal' : 'pipes';
    const given = [name, kind, stdin, stdout, stderr, pidFileOf(name), logOf(name)];
    const made = await this.requireShim().process([...given, ...words]);
    if ('code' in made) throw await this.#notMade(name, made.code);
    return made.pid;
  }

  /** Why there is no such process. A runtime that was killed has taken nothing back, and would refuse the same id again. */
  async #notMade(name: string, code: number): Promise<Error> {
    const complaint = this.#complaint(name === INIT ? 'create' : 'exec', name, code);
    if (name !== INIT || code <= SIGNALLED) return complaint;
    return this.run('delete', { before: ['--force'] }).then(
      () => complaint,
      (failure: unknown) => withCleanupFailure(complaint, failure),
    );
  }

  #complaint(verb: string, log: string, code: number): TskerError {
    const path = this.path(logOf(log));
    const said = complaintIn(path);
    rmSync(path, { force: true });
    const message = said === '' ? `it ended with code ${code}` : said;
    return new TskerError('internal', `OCI runtime ${verb} failed: ${message}`);
  }
}
