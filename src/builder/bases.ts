// What stages stand on: earlier stages, images that are here, images that are pulled; each image once for a build.
import type { Image } from '../image/store.types.ts';
import { TskerError } from '../util/errors.ts';
import type { BuildOptions, BuildOutput } from './build.types.ts';
import type { BuildHost } from './host.types.ts';
import type { Stage } from './stages.ts';
import { type State, scratchState, stateOf } from './state.ts';

export interface BasesOptions {
  readonly host: BuildHost;
  readonly options: BuildOptions;
  readonly output: BuildOutput;
  readonly signal: AbortSignal;
}

export interface BaseRequest {
  readonly stageState: (index: number) => Promise<State>;
  /** Hears of a pull. */
  readonly output: BuildOutput;
}

export class Bases {
  readonly #options: BasesOptions;
  readonly #images = new Map<string, Promise<Image>>();

  constructor(options: BasesOptions) {
    this.#options = options;
  }

  async of(stage: Stage, { stageState, output }: BaseRequest): Promise<State> {
    const { base } = stage;
    if (base.kind === 'scratch') return scratchState();
    if (base.kind === 'stage') return await stageState(base.index);
    const platform = stage.platform?.text ?? this.#options.options.platform;
    return stateOf(await this.image(base.image, { platform, output }));
  }

  /** Pulled when it is not here, or when the newest is wanted. */
  image(
    reference: string,
    request: { readonly platform: string | undefined; readonly output: BuildOutput },
  ): Promise<Image> {
    const key = `${reference} ${request.platform ?? ''}`;
    const known = this.#images.get(key) ?? this.#obtain(reference, request);
    this.#images.set(key, known);
    return known;
  }

  /** Those of --cache-from that are here: others are no help, and no fault. */
  cacheImages(): readonly Image[] {
    const { host, options } = this.#options;
    return options.cacheFrom.flatMap((reference) => {
      try {
        return host.images.find(reference, undefined) ?? [];
      } catch (error) {
        if (error instanceof TskerError) return [];
        throw error;
      }
    });
  }

  async #obtain(
    reference: string,
    { platform, output }: { readonly platform: string | undefined; readonly output: BuildOutput },
  ): Promise<Image> {
    const { host, options, signal } = this.#options;
    const here = options.pull ? undefined : host.images.find(reference, platform);
    const emit = output.send.bind(output);
    const image = here ?? (await host.images.pull({ reference, platform, auths: options.auths, emit, signal }));
    if (image.chainId !== undefined) host.layers.hold([image.chainId]);
    return image;
  }
}
