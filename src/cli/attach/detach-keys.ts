// The keys that leave a container's terminal without ending it (ctrl-p ctrl-q): their spelling, and finding them in what
// is typed. Pure.
import { TskerError } from '../../util/errors.ts';

export const DEFAULT_DETACH_KEYS = 'ctrl-p,ctrl-q';

/** `ctrl-p,ctrl-q` or `a,b,c` to the bytes a terminal sends; throws `invalid`. */
export function parseDetachKeys(text: string): readonly number[] {
  return text.split(',').map((key) => {
    const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(key)?.[1]?.toUpperCase();
    // Control characters are their letters less 64: ctrl-a is 1, ctrl-@ is 0.
    if (control !== undefined) return control.charCodeAt(0) - 64;
    if (/^[\x20-\x7e]$/.test(key)) return key.charCodeAt(0);
    throw new TskerError('invalid', `invalid detach keys '${text}'`, {
      hint: 'use letters and ctrl-<letter>, like ctrl-p,ctrl-q',
    });
  });
}

export interface Typed {
  /** What goes to the container. */
  readonly bytes: Buffer;
  /** The sequence has been typed: everything after it is dropped. */
  readonly detached: boolean;
}

/** Holds back what may be the beginning of the sequence, and lets it go when it turns out to be something else. */
export class DetachScanner {
  readonly #keys: readonly number[];
  #matched = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  push(chunk: Buffer): Typed {
    const passed: number[] = [];
    for (const byte of chunk) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { bytes: Buffer.from(passed), detached: true };
        continue;
      }
      passed.push(...this.#keys.slice(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) passed.push(byte);
    }
    return { bytes: Buffer.from(passed), detached: false };
  }
}
