// The end of a build: the last stage's state becomes an image with names, and is told.
import { chainIds } from '../image/chain.ts';
import type { ImageHistory } from '../image/store.types.ts';
import { TskerError } from '../util/errors.ts';
import type { BuildOptions, BuildOutput, BuildResult } from './build.types.ts';
import type { BuildHost } from './host.types.ts';
import { documentBytes, type State, shortId } from './state.ts';

export interface Finishing {
  readonly host: BuildHost;
  readonly options: BuildOptions;
  readonly output: BuildOutput;
  readonly signal: AbortSignal;
  readonly state: State;
  /** What the stage stands on. */
  readonly base: State;
  /** In their full form. */
  readonly names: readonly string[];
}

export async function finishImage(finishing: Finishing): Promise<BuildResult> {
  const { host, options, output, names } = finishing;
  const state = options.squash ? await squashed(finishing) : finishing.state;
  if (state.id === '') throw new TskerError('invalid', 'No image was generated. Is your Dockerfile empty?');
  const { id, names: given } = await host.images.put(documentBytes(state.document), names);
  output.send({ aux: { ID: id } });
  output.send({ stream: `Successfully built ${shortId(id)}\n` });
  for (const name of given) output.send({ stream: `Successfully tagged ${name}\n` });
  return { imageId: id };
}

/** The base's layers, and one for all that came after. */
async function squashed({ host, options, state, base, signal }: Finishing): Promise<State> {
  const layer = await host.layers.squash(base.chainId, state.chainId, signal);
  const diffIds = base.document.rootfs.diff_ids;
  const merged = layer === undefined ? diffIds : [...diffIds, layer.diffId];
  const epoch = options.sourceDateEpoch;
  const created = epoch === undefined ? host.now() : new Date(epoch * 1000).toISOString();
  const before = base.document.history?.length ?? 0;
  const history: ImageHistory[] = (state.document.history ?? []).map((step, index) => {
    return index < before ? step : { ...step, empty_layer: true };
  });
  const comment = `merge ${state.id} to ${base.id}`;
  history.push({ created, comment, ...(layer === undefined ? { empty_layer: true } : {}) });
  const document = {
    ...state.document,
    created,
    history,
    rootfs: { type: 'layers' as const, diff_ids: merged },
  };
  return { ...state, id: `${state.id} squashed`, document, chainId: chainIds(merged).at(-1) };
}
