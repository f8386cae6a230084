// Where a lesson plays: a temporary directory and the engines in it, all given back at the end, whatever happened in between.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TskerError } from '../../util/errors.ts';
import { type Architecture, Engine } from './engine.ts';
import { mountsBelow } from './mounts.ts';
import { markOwner, PREFIX } from './sweep.ts';

export interface StageOptions {
  readonly image: string;
}

export class Stage implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), PREFIX));
  readonly #image: string;
  readonly #engines: Engine[] = [];
  #measuring = false;

  constructor({ image }: StageOptions) {
    this.#image = image;
    markOwner(this.directory);
  }

  /** An engine that is not started yet. */
  engine(architecture: Architecture): Engine {
    const directory = join(this.directory, `${architecture}-${this.#engines.length + 1}`);
    const engine = new Engine({ architecture, directory, image: this.#image });
    this.#engines.push(engine);
    return engine;
  }

  /** Something is being measured: whoever only watches looks away. */
  get measuring(): boolean {
    return this.#measuring;
  }

  async measure<T>(work: () => Promise<T>): Promise<T> {
    this.#measuring = true;
    try {
      return await work();
    } finally {
      this.#measuring = false;
    }
  }

  get engines(): readonly Engine[] {
    return this.#engines;
  }

  /** Ends every engine, removes the directory. Throws, after all has been tried, what failed, or what is left mounted. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ends = await Promise.allSettled(this.#engines.map((engine) => engine.close()));
    const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    const mounts = mountsBelow(this.directory);
    if (mounts.length > 0) failures.push(new TskerError('internal', `left mounted: ${mounts.join(', ')}`));
    // Never into a mount: what is below may be another's.
    else rmSync(this.directory, { recursive: true, force: true });
    if (failures.length > 0)
      throw failures.length === 1 ? failures[0] : new AggregateError(failures, failures.join('\n'));
  }
}
