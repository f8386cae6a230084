// The trees that COPY and RUN --mount read: context, stages, images. Each is opened when it is wanted first, and closed at
// the end of the build.
import type { Bases } from './bases.ts';
import type { BuildContext } from './context/context.ts';
import type { BuildHost, Tree } from './host.types.ts';
import { resolveSource } from './stage-sources.ts';
import type { Stage } from './stages.ts';
import type { State } from './state.ts';

export interface TreesOptions {
  readonly host: BuildHost;
  readonly context: BuildContext;
  readonly bases: Bases;
  readonly stageState: (index: number) => Promise<State>;
}

export class Trees implements AsyncDisposable {
  readonly #options: TreesOptions;
  readonly #open = new Map<string, Promise<Tree>>();

  constructor(options: TreesOptions) {
    this.#options = options;
  }

  context(): Promise<Tree> {
    const { host, context } = this.#options;
    return this.#once('', () => host.layers.directory(context.root));
  }

  /** `from` as a stage of the file has it: its name or number, or an image. */
  async source(from: string, stage: Stage): Promise<Tree> {
    const { host, bases, stageState } = this.#options;
    const range = stage.from.range;
    const named = stage.sources.find(({ word }) => word.text === from);
    // A trigger of the base names what its own author knew: an image, or a stage of whoever builds on it.
    const source =
      named ?? resolveSource({ word: { text: from, range }, mountedAt: undefined }, { index: stage.index, names: [] });
    if (source.kind === 'stage') {
      const { chainId } = await stageState(source.index);
      return await this.#once(chainId ?? 'scratch', () => host.layers.tree(chainId));
    }
    const image = await bases.image(source.image, {
      platform: stage.platform?.text,
      output: { send: () => undefined },
    });
    return await this.#once(image.chainId ?? 'scratch', () => host.layers.tree(image.chainId));
  }

  /** One that ADD names. */
  repository(url: string, signal: AbortSignal): Promise<Tree> {
    return this.#once(`git ${url}`, () => this.#options.host.layers.repository(url, signal));
  }

  #once(key: string, open: () => Promise<Tree>): Promise<Tree> {
    const known = this.#open.get(key) ?? open();
    this.#open.set(key, known);
    return known;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values());
    for (const one of opened) if (one.status === 'fulfilled') await one.value.close();
  }
}
