// A log as readers see it: files by generation, numbers that grow; the highest is that of the file which is written, or was
// last. What is followed is in live-log.ts.
import { closeSync } from 'node:fs';
import { openIfThere } from '../../../util/open-if-there.ts';

/** Keeps files readable, whatever rotation does, while they are read. */
export interface Hold {
  /** Files before this generation have been read. */
  advance(generation: number): void;
  release(): void;
}

export interface LogSource {
  /** The first generation that may be there. */
  oldest(): number;
  newest(): number;
  /** A descriptor for the caller; undefined when the file is gone. */
  openFile(generation: number): number | undefined;
  hold(generation: number): Hold;
  /** Present while the container runs. */
  readonly follow: Follow | undefined;
}

export interface Follow {
  /** Nothing more will be appended. */
  readonly ended: boolean;
  /** Resolves at the next append after the call, or at the end. */
  nextAppend(): Promise<void>;
}

const NO_HOLD: Hold = { advance: () => undefined, release: () => undefined };

/** The files of a container that does not run: nothing is renamed under the reader. */
export class StoredLog implements LogSource {
  readonly follow = undefined;
  readonly #path: string;
  readonly #count: number;

  constructor(path: string) {
    this.#path = path;
    this.#count = countPutAway(path);
  }

  oldest(): number {
    return 0;
  }

  newest(): number {
    return this.#count;
  }

  openFile(generation: number): number | undefined {
    return openIndex(this.#path, this.#count - generation);
  }

  hold(): Hold {
    return NO_HOLD;
  }
}

/** Rotation leaves no gap. */
function countPutAway(path: string): number {
  for (let index = 1; ; index++) {
    const fd = openIndex(path, index);
    if (fd === undefined) return index - 1;
    closeSync(fd);
  }
}

function openIndex(path: string, index: number): number | undefined {
  if (index === 0) return openIfThere(path);
  return openIfThere(`${path}.${index}`) ?? openIfThere(`${path}.${index}.gz`);
}
