// Lines of a json-file log, and where the last so many of them begin. Pure.
import type { LogLine } from '../../types/container.ts';

/** Undefined for a line that is damaged: a log that was cut off by a full disk stays readable. */
export function parseLogLine(text: string): LogLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('log' in value) || typeof value.log !== 'string')
    return undefined;
  const line = value as Partial<LogLine>;
  return {
    log: value.log,
    stream: line.stream === 'stderr' ? 'stderr' : 'stdout',
    time: typeof line.time === 'string' ? line.time : '',
    ...(line.attrs === undefined ? {} : { attrs: line.attrs }),
  };
}

/** Cuts bytes into whole lines; what is behind the last newline waits for more. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** The lines that are complete now, without their newlines. */
  push(chunk: Buffer): string[] {
    const end = chunk.lastIndexOf(0x0a);
    if (end < 0) {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      return [];
    }
    const whole = Buffer.concat([this.#rest, chunk.subarray(0, end)]).toString('utf8');
    this.#rest = Buffer.from(chunk.subarray(end + 1));
    return whole.split('\n');
  }
}

/**
 * Looks backwards through a chunk for the newline behind which `wanted` whole lines follow. Returns its offset, or how many
 * newlines it found.
 */
export function findTail(chunk: Buffer, wanted: number): { readonly offset: number } | { readonly found: number } {
  let found = 0;
  for (let at = chunk.lastIndexOf(0x0a); at >= 0; at = at === 0 ? -1 : chunk.lastIndexOf(0x0a, at - 1)) {
    found += 1;
    if (found > wanted) return { offset: at + 1 };
  }
  return { found };
}
