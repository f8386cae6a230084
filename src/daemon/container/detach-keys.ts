// The key sequence that detaches a terminal's client (`ctrl-p,ctrl-q`): its parser, and the filter that stdin passes. What
// looks like the beginning of the sequence is held back until it is one or is not.
import { Transform, type TransformCallback } from 'node:stream';
import { TskerError } from '../../util/errors.ts';

const DEFAULT_KEYS = 'ctrl-p,ctrl-q';

/** Bytes of a sequence; throws `invalid` for what is none. */
export function parseDetachKeys(text: string = DEFAULT_KEYS): Buffer {
  return Buffer.from(text.split(',').map((key) => parseKey(key, text)));
}

function parseKey(key: string, text: string): number {
  const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(key)?.[1];
  if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
  if (/^[\x20-\x7e]$/.test(key)) return key.charCodeAt(0);
  throw new TskerError('invalid', `Invalid detach keys (${text}) provided`);
}

/** Passes bytes on until the sequence has been read, then calls back once and swallows the rest. */
export class DetachFilter extends Transform {
  readonly #keys: Buffer;
  readonly #onDetach: () => void;
  #matched = 0;

  constructor(keys: Buffer, onDetach: () => void) {
    super();
    this.#keys = keys;
    this.#onDetach = onDetach;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#matched === this.#keys.length) {
      done();
      return;
    }
    const out = this.#scan(chunk);
    if (this.#matched === this.#keys.length) this.#onDetach();
    done(null, out.length === 0 ? undefined : out);
  }

  #scan(chunk: Buffer): Buffer {
    const passed: number[] = [];
    for (const byte of chunk) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched += 1;
        if (this.#matched === this.#keys.length) break;
        continue;
      }
      passed.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) passed.push(byte);
    }
    return Buffer.from(passed);
  }
}
