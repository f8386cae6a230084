// A layer's tar, or its gzip, as chunks in JavaScript: the native library writes it into a pipe. The other direction is
// stage-stream.ts.
import { Socket } from 'node:net';
import type { LayerStore, WrittenTar } from '../layer/store.types.ts';
import { collectYoung } from '../util/young-garbage.ts';
import type { Pipes } from './stage-stream.ts';

export interface LayerStreamOptions {
  readonly layers: Pick<LayerStore, 'writeTar'>;
  readonly native: Pipes;
  readonly chainId: string;
  readonly gzip?: boolean;
  readonly signal: AbortSignal;
}

/** Yields the layer; returns what it was, verified. When the consumer stops early, the writer stops too. */
export async function* streamLayer(options: LayerStreamOptions): AsyncGenerator<Uint8Array, WrittenTar> {
  const { layers, native, chainId, gzip = false, signal } = options;
  const pipe = native.pipe({ wide: true });
  const socket = new Socket({ fd: pipe.read, readable: true, writable: false });
  const written = layers.writeTar(chainId, { fd: pipe.write, gzip, signal });
  // It is awaited below, after the bytes; until then a failure has only ended the pipe.
  written.catch(() => undefined);
  try {
    yield* collectYoung(socket as AsyncIterable<Uint8Array>);
    return await written;
  } finally {
    socket.destroy();
  }
}
