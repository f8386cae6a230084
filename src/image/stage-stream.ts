// Feeds bytes that pass through JavaScript to the layer store, which reads a descriptor: a pipe between, with its
// backpressure. What the bytes are is none of its business.
import type { Layer, LayerStore, StagedLayer } from '../layer/store.types.ts';
import type { Native } from '../native/native.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import { PipeSink } from './pipe-sink.ts';

export type Pipes = Pick<Native, 'pipe' | 'close'>;

export interface StageStreamOptions {
  readonly layers: LayerStore;
  readonly native: Pipes;
  readonly parent: Promise<Layer | undefined>;
  readonly signal: AbortSignal;
  /** What the layer is called in errors: its digest, where it has one. */
  readonly name?: string;
}

/** Resolves when the chunk has been taken; throws when the reader is gone. */
export type Write = (chunk: Uint8Array) => Promise<void>;
export type Feed = (write: Write, signal: AbortSignal) => Promise<void>;

/**
 * Unpacks what `feed` writes. The end of `feed` is the end of the stream; when it throws, the stage is cancelled and
 * leaves nothing. When the store fails, the signal of `feed` is aborted, and the store's error is the one thrown, not
 * the broken pipe it causes.
 */
export async function stageStream(options: StageStreamOptions, feed: Feed): Promise<StagedLayer> {
  const { staged } = await feedStage(options, feed);
  return staged;
}

/** Like stageStream, for who has more to read meanwhile: resolves when all is fed, while the store may still be writing. */
export async function feedStage(
  options: StageStreamOptions,
  feed: Feed,
): Promise<{ readonly staged: Promise<StagedLayer> }> {
  const { layers, native, parent } = options;
  const cancel = new AbortController();
  const pipe = native.pipe({ wide: true });
  const sink = new PipeSink(pipe.write);
  const signal = AbortSignal.any([options.signal, cancel.signal]);
  const staging = layers.stage({ fd: pipe.read, parent, signal }).then(
    (staged) => ({ staged }),
    (error: unknown) => {
      sink.destroy();
      cancel.abort(error);
      return { error };
    },
  );
  try {
    await feed((chunk) => sink.write(chunk), signal);
    await sink.end();
  } catch (error) {
    const brokenByReader = sink.broken;
    cancel.abort(error);
    sink.destroy();
    const outcome = await staging;
    if ('staged' in outcome) await outcome.staged.discard();
    throw 'error' in outcome && brokenByReader ? registerError(outcome.error, options.name) : error;
  }
  const staged = staging.then((outcome) => {
    if ('error' in outcome) throw registerError(outcome.error, options.name);
    return outcome.staged;
  });
  // Whoever asks late is told all the same.
  staged.catch(() => undefined);
  return { staged };
}

/** Docker's words in front of what the store says; the code, the hint and the errno stay. */
export function registerError(error: unknown, name?: string): TskerError {
  const { code = 'internal', hint, errno }: Partial<TskerError> = error instanceof TskerError ? error : {};
  const details = { cause: error, ...(hint === undefined ? {} : { hint }), ...(errno === undefined ? {} : { errno }) };
  return new TskerError(
    code,
    `failed to register layer: ${name === undefined ? '' : `${name}: `}${messageOf(error)}`,
    details,
  );
}
