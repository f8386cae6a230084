// The texts of cgroup files that count: flat key-value lists, limits, input and output by device. Pure.

export interface IoEntry {
  readonly major: number;
  readonly minor: number;
  /** `read`, `write`, `sync`, `async`, `discard`, `total`. */
  readonly op: string;
  readonly value: number;
}

/** `key value` lines. */
export function parseFlat(text: string): Record<string, number> {
  const entries = [...text.matchAll(/^(\S+) (\d+)$/gm)];
  return Object.fromEntries(entries.map(([, key = '', value]) => [key, Number(value)]));
}

/** v1's `no limit` is the greatest multiple of a page. */
const UNLIMITED = 2 ** 62;

/** Undefined when there is none, by `max` or by v1's great number. */
export function parseLimit(text: string | undefined): number | undefined {
  const value = Number(text?.trim() ?? Number.NaN);
  return Number.isFinite(value) && value < UNLIMITED ? value : undefined;
}

/** blkio.*_recursive: `254:0 Read 4096`. The last line, a sum without a device, is left out. */
export function parseThrottleIo(text: string): IoEntry[] {
  return [...text.matchAll(/^(\d+):(\d+) (\w+) (\d+)$/gm)].map(([, major, minor, op = '', value]) => ({
    major: Number(major),
    minor: Number(minor),
    op: op.toLowerCase(),
    value: Number(value),
  }));
}

/** io.stat: `254:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0`. */
export function parseIoStat(text: string): { readonly bytes: IoEntry[]; readonly operations: IoEntry[] } {
  const bytes: IoEntry[] = [];
  const operations: IoEntry[] = [];
  for (const line of text.split('\n')) {
    const device = /^(\d+):(\d+) /.exec(line);
    if (device === null) continue;
    const [major, minor] = [Number(device[1]), Number(device[2])];
    const values = Object.fromEntries([...line.matchAll(/(\w+)=(\d+)/g)].map(([, key = '', value]) => [key, value]));
    for (const [op, letter] of [
      ['read', 'r'],
      ['write', 'w'],
    ] as const) {
      bytes.push({ major, minor, op, value: Number(values[`${letter}bytes`] ?? 0) });
      operations.push({ major, minor, op, value: Number(values[`${letter}ios`] ?? 0) });
    }
  }
  return { bytes, operations };
}
