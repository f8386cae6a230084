// Collects the buffers of a stream while they are young. Left to itself V8 counts them against the whole heap and marks all of
// it every ten megabytes: half of the main thread's time, and of its helpers', while a layer passes.
/** Bytes of dead buffers that are worth a millisecond. */
const EVERY = 4 * 1024 * 1024;

export class YoungGarbage {
  #bytes = 0;
  #collect: (() => void) | undefined;

  /** Says that so many bytes have come and are about to be garbage. */
  passed(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < EVERY) return;
    this.#bytes = 0;
    this.#collect ??= minorCollection();
    this.#collect();
  }
}

/** The chunks as they come. */
export async function* collectYoung(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const garbage = new YoungGarbage();
  for await (const chunk of chunks) {
    garbage.passed(chunk.length);
    yield chunk;
  }
}

/**
 * V8's scavenge: only new contexts see the function, once the flag is set. The modules are loaded now: they take longer than what most
 * programs that could need this do at all.
 */
function minorCollection(): () => void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  const { runInNewContext } = process.getBuiltinModule('node:vm');
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect !== 'function') return () => undefined;
  return () => void collect({ type: 'minor' });
}
