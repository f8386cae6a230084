// The containers that play in a lesson, by name, as they were when they were started.
import type { CreateRequest } from '../../types/container.ts';
import { TskerError } from '../../util/errors.ts';
import type { Started } from './containers.ts';
import type { Engine } from './engine.ts';

export class Cast {
  readonly #engine: Engine;
  readonly #players = new Map<string, Started>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async run(name: string, request?: CreateRequest): Promise<Started> {
    const started = await this.#engine.containers.run(name, request);
    this.#players.set(name, started);
    return started;
  }

  get(name: string): Started {
    const started = this.#players.get(name);
    if (started === undefined) throw new TskerError('internal', `${name} plays no part yet`);
    return started;
  }

  get all(): readonly Started[] {
    return [...this.#players.values()];
  }
}
