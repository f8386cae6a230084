// A filter of one comparison for each range of system calls with the same answer, in the place of libseccomp's, which has one
// for each call: the kernel translates and tries out a filter at every start, and takes as long as it is large. What looks
// at arguments stays as it was compiled. Pure.

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, k: number];

/** linux/bpf_common.h: the instructions that a filter for system calls is made of. */
const LOAD = 0x20;
const JUMP = 0x05;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_AT_LEAST = 0x35;
const RETURN = 0x06;
const SIZE = 8;
/** struct seccomp_data: nr, arch; then arguments. */
const DATA_NR = 0;
const DATA_ARCH = 4;
const NUMBERS = 2 ** 32;
/** A jump on a condition goes so far at most. */
const FAR = 255;

/** What a filter comes to for one system call: an instruction of it, which returns or is the first that needs an argument. */
type End = number;

/** From this number on it is `end`. */
interface Range {
  readonly from: number;
  readonly end: End;
}

/**
 * The same answers from fewer instructions. A program of another shape than libseccomp's, and one that would not become
 * smaller, is given back as it is.
 */
export function compactFilter(program: Buffer): Buffer {
  const old = decode(program);
  const compacted = compact(old);
  return compacted === undefined || compacted.length >= old.length ? program : encode(compacted);
}

function compact(old: readonly Instruction[]): Instruction[] | undefined {
  const known = architecturesOf(old);
  const architectures = [...known];
  // One that is compared with none of them stands for all others.
  const other = [0, ...architectures.map((k) => k + 1)].find((k) => !known.has(k)) ?? 0;
  const parts = [...architectures, other].map((architecture) => rangesOf(old, architecture));
  return parts.every((ranges) => ranges !== undefined) ? assemble(old, architectures, parts) : undefined;
}

/** What the architecture is compared with, before anything but it and the number is looked at. */
function architecturesOf(old: readonly Instruction[]): Set<number> {
  const architectures = new Set<number>();
  const seen = new Set<number>();
  const pending: { readonly at: number; readonly isLoaded: boolean }[] = [{ at: 0, isLoaded: false }];
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    const { at } = state;
    const instruction = old[at];
    const key = 2 * at + (state.isLoaded ? 1 : 0);
    if (instruction === undefined || seen.has(key)) continue;
    seen.add(key);
    const [code, , , k] = instruction;
    if (code === LOAD && k !== DATA_NR && k !== DATA_ARCH) continue;
    const isLoaded = code === LOAD ? k === DATA_ARCH : state.isLoaded;
    if (isComparison(code) && isLoaded) architectures.add(k);
    for (const target of targetsOf(old, at)) pending.push({ at: target, isLoaded });
  }
  return architectures;
}

function isComparison(code: number): boolean {
  return code === JUMP_EQUAL || code === JUMP_GREATER || code === JUMP_AT_LEAST;
}

/** Undefined for an instruction that is not known here, or a comparison of what was not loaded. */
function rangesOf(old: readonly Instruction[], architecture: number): Range[] | undefined {
  const found: Range[] = [];
  const pending: { at: number; loaded: number | undefined; from: number; to: number }[] = [
    { at: 0, loaded: undefined, from: 0, to: NUMBERS - 1 },
  ];
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    const { at, loaded, from, to } = state;
    const instruction = old[at];
    if (instruction === undefined) return undefined;
    const [code, ifTrue, ifFalse, k] = instruction;
    const next = (value: number): number => at + 1 + (holds(code, value, k) ? ifTrue : ifFalse);
    if (code === RETURN || (code === LOAD && k !== DATA_NR && k !== DATA_ARCH)) found.push({ from, end: at });
    else if (code === LOAD) pending.push({ at: at + 1, loaded: k, from, to });
    else if (code === JUMP) pending.push({ at: at + 1 + k, loaded, from, to });
    else if (!isComparison(code) || loaded === undefined) return undefined;
    else if (loaded === DATA_ARCH) pending.push({ at: next(architecture), loaded, from, to });
    else {
      const cuts = code === JUMP_EQUAL ? [k, k + 1] : [code === JUMP_GREATER ? k + 1 : k];
      const starts = [from, ...cuts.filter((cut) => cut > from && cut <= to)];
      starts.forEach((start, index) => {
        pending.push({ at: next(start), loaded, from: start, to: (starts[index + 1] ?? to + 1) - 1 });
      });
    }
  }
  found.sort((a, b) => a.from - b.from);
  return found.filter(({ end }, index) => index === 0 || !isSameEnd(old, found[index - 1]?.end ?? -1, end));
}

function isSameEnd(old: readonly Instruction[], a: End, b: End): boolean {
  return a === b || (old[a]?.[0] === RETURN && old[b]?.[0] === RETURN && old[a]?.[3] === old[b]?.[3]);
}

function holds(code: number, value: number, k: number): boolean {
  if (code === JUMP_EQUAL) return value === k;
  return code === JUMP_GREATER ? value > k : value >= k;
}

/** load arch; a comparison and a way to its part for each architecture; the parts; what looks at arguments. */
function assemble(
  old: readonly Instruction[],
  architectures: readonly number[],
  parts: readonly (readonly Range[])[],
): Instruction[] | undefined {
  const rest = new Rest(old, parts.flat());
  const trees = parts.map((ranges) => partOf(old, ranges));
  if (!trees.every((tree) => tree !== undefined)) return undefined;
  const heads = 1 + 2 * architectures.length + 1;
  const starts: number[] = [];
  let size = heads;
  for (const { nodes, leaves } of trees) {
    starts.push(size);
    size += nodes.length + leaves.length;
  }
  const out: Instruction[] = [[LOAD, 0, 0, DATA_ARCH]];
  for (const architecture of architectures) {
    out.push([JUMP_EQUAL, 0, 1, architecture]);
    out.push([JUMP, 0, 0, (starts[(out.length - 2) / 2] ?? 0) - out.length - 1]);
  }
  out.push([JUMP, 0, 0, (starts.at(-1) ?? 0) - out.length - 1]);
  for (const { nodes, leaves } of trees) {
    out.push(...nodes);
    for (const leaf of leaves) {
      const instruction = old[leaf] ?? [RETURN, 0, 0, 0];
      out.push(instruction[0] === RETURN ? instruction : [JUMP, 0, 0, size + rest.placeOf(leaf) - out.length - 1]);
    }
  }
  return [...out, ...rest.instructions];
}

interface Part {
  readonly nodes: readonly Instruction[];
  /** Ends, in the order of their places behind the nodes. */
  readonly leaves: readonly End[];
}

/** A search by halves over the ranges of one architecture; undefined when a jump would be too far. */
function partOf(old: readonly Instruction[], ranges: readonly Range[]): Part | undefined {
  const leaves: End[] = [];
  const leafOf = (end: End): number => {
    const known = leaves.findIndex((leaf) => isSameEnd(old, leaf, end));
    return known >= 0 ? known : leaves.push(end) - 1;
  };
  for (const { end } of ranges) leafOf(end);
  const count = ranges.length === 1 ? 2 : ranges.length;
  if (count + leaves.length > FAR) return undefined;
  const nodes: Instruction[] = [[LOAD, 0, 0, DATA_NR]];
  if (ranges.length === 1) nodes.push([JUMP, 0, 0, 0]);
  /** Answers where it is: a node's place, or a leaf's behind all nodes. */
  const place = (from: number, to: number): number => {
    if (to - from === 1) return count + leafOf(ranges[from]?.end ?? 0);
    const middle = (from + to) >> 1;
    const at = nodes.push([JUMP_AT_LEAST, 0, 0, ranges[middle]?.from ?? 0]) - 1;
    const [below, above] = [place(from, middle), place(middle, to)];
    nodes[at] = [JUMP_AT_LEAST, above - at - 1, below - at - 1, ranges[middle]?.from ?? 0];
    return at;
  };
  if (ranges.length > 1) place(0, ranges.length);
  return { nodes, leaves };
}

/** The instructions that some end leads to, in their order: jumps only get shorter. */
class Rest {
  readonly instructions: readonly Instruction[];
  readonly #places: ReadonlyMap<number, number>;

  constructor(old: readonly Instruction[], ranges: readonly Range[]) {
    const kept = new Set<number>();
    const pending = ranges.map(({ end }) => end).filter((end) => old[end]?.[0] !== RETURN);
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (kept.has(at)) continue;
      kept.add(at);
      pending.push(...targetsOf(old, at));
    }
    const order = [...kept].sort((a, b) => a - b);
    this.#places = new Map(order.map((at, place) => [at, place]));
    this.instructions = order.map((at) => this.#moved(old[at] ?? [RETURN, 0, 0, 0], at));
  }

  placeOf(at: number): number {
    return this.#places.get(at) ?? 0;
  }

  #moved([code, ifTrue, ifFalse, k]: Instruction, at: number): Instruction {
    const next = this.placeOf(at) + 1;
    if (code === JUMP) return [code, 0, 0, this.placeOf(at + 1 + k) - next];
    if (!isJump(code)) return [code, ifTrue, ifFalse, k];
    return [code, this.placeOf(at + 1 + ifTrue) - next, this.placeOf(at + 1 + ifFalse) - next, k];
  }
}

/** Every jump is of BPF_JMP, the class 5. */
function isJump(code: number): boolean {
  return (code & 7) === JUMP;
}

function targetsOf(old: readonly Instruction[], at: number): number[] {
  const [code, ifTrue, ifFalse, k] = old[at] ?? [RETURN, 0, 0, 0];
  if ((code & 7) === RETURN) return [];
  if (code === JUMP) return [at + 1 + k];
  return isJump(code) ? [at + 1 + ifTrue, at + 1 + ifFalse] : [at + 1];
}

/** struct sock_filter: u16 code, u8 jt, u8 jf, u32 k. */
function decode(program: Buffer): Instruction[] {
  return Array.from({ length: program.length / SIZE }, (_, index): Instruction => {
    const at = index * SIZE;
    return [
      program.readUInt16LE(at),
      program.readUInt8(at + 2),
      program.readUInt8(at + 3),
      program.readUInt32LE(at + 4),
    ];
  });
}

function encode(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * SIZE);
  instructions.forEach(([code, ifTrue, ifFalse, k], index) => {
    const at = index * SIZE;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(ifTrue, at + 2);
    bytes.writeUInt8(ifFalse, at + 3);
    bytes.writeUInt32LE(k, at + 4);
  });
  return bytes;
}
