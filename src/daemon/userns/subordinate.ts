// subuid(5) and subgid(5): which ids of the host a user may lend to its user namespaces. Pure.
import type { IdMapping } from '../../runtime/spec.ts';

export interface IdRange {
  /** A name or a number, as the file has it. */
  readonly owner: string;
  readonly start: number;
  readonly size: number;
}

/** What Docker asks the system for; an id space of its own. */
const RANGE_SIZE = 65_536;
const FIRST_START = 100_000;

/** Lines that are none are passed over, as newuidmap(1) does. */
export function parseSubordinate(text: string): IdRange[] {
  return text.split('\n').flatMap((line) => {
    const match = /^([^:#\s][^:]*):(\d{1,10}):(\d{1,10})\s*$/.exec(line);
    const [, owner = '', start, size] = match ?? [];
    return match === null ? [] : [{ owner, start: Number(start), size: Number(size) }];
  });
}

/** The ranges of one user or group, by name or number, as the maps of a user namespace: the first holds its root. */
export function mappingsOf(
  ranges: readonly IdRange[],
  owner: { readonly name: string; readonly id: number },
): IdMapping[] {
  const own = ranges
    .filter((range) => (range.owner === owner.name || range.owner === String(owner.id)) && range.size > 0)
    .toSorted((a, b) => a.start - b.start);
  let next = 0;
  return own.map(({ start, size }) => {
    const containerID = next;
    next += size;
    return { containerID, hostID: start, size };
  });
}

/** A range that nobody has, behind or between those that somebody has. */
export function freeRange(ranges: readonly IdRange[]): Omit<IdRange, 'owner'> {
  let start = FIRST_START;
  for (const taken of ranges.toSorted((a, b) => a.start - b.start)) {
    if (taken.start + taken.size > start && taken.start < start + RANGE_SIZE) start = taken.start + taken.size;
  }
  return { start, size: RANGE_SIZE };
}
