// The bytes of a launch plan → Op[], for tests and for explaining a start. It trusts no length; the C decoder
// (native/common) is the one that counts, this one must read whatever encode.ts writes.
import { TskerError } from '../util/errors.ts';
import { ABI_VERSION, OPF, PLAN } from './abi.ts';
import { OPS, type Op, type OpName } from './ops.ts';

export interface DecodedPlan {
  readonly trace: boolean;
  readonly ops: readonly Op[];
}

/** Fields that are bigints in `Op`: masks and limits that use all 64 bits. */
const BIGINT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  RLIMIT: ['soft', 'hard'],
  BOUNDING: ['mask'],
  CAPABILITIES: ['effective', 'permitted', 'inheritable', 'ambient'],
};

const NAMES: ReadonlyMap<number, OpName> = new Map(Object.entries(OPS).map(([name, row]) => [row[0], name as OpName]));

/** Throws TskerError `invalid` on anything that is not a whole, well-formed plan. */
export function decodePlan(bytes: Uint8Array): DecodedPlan {
  const reader = new Reader(bytes);
  if (reader.u32() !== PLAN.magic) malformed('bad magic');
  if (reader.u16() !== ABI_VERSION) malformed('another version');
  const flags = reader.u16();
  const count = reader.u32();
  if (count > PLAN.maxOps) malformed('too many operations');
  if (reader.u32() !== bytes.length) malformed('size is not that of the plan');
  const ops: Op[] = [];
  for (let index = 0; index < count; index++) ops.push(decodeOp(reader));
  if (!reader.atEnd) malformed('bytes after the last operation');
  return { trace: (flags & PLAN.trace) !== 0, ops };
}

function decodeOp(reader: Reader): Op {
  const number = reader.u16();
  const name = NAMES.get(number);
  if (name === undefined) return malformed(`unknown operation ${number}`);
  const flags = reader.u8();
  const tolerate = reader.u8();
  const end = reader.u32() + reader.at;
  const [, signature, ...fields] = OPS[name];
  const op: Record<string, unknown> = { op: name };
  fields.forEach((field, index) => {
    op[field] = decodeArgument(reader, signature.charAt(index), BIGINT_FIELDS[name]?.includes(field) === true);
  });
  if (reader.at !== end) malformed(`${name}: size does not match its arguments`);
  return {
    ...op,
    ...((flags & OPF.inRoot) !== 0 && { inRoot: true }),
    ...((flags & OPF.optional) !== 0 && { optional: true }),
    ...(tolerate !== 0 && { tolerate }),
  } as unknown as Op;
}

function decodeArgument(reader: Reader, kind: string, wide: boolean): unknown {
  switch (kind) {
    case 'u':
      return narrow(reader.u64(), wide);
    case 'i':
      return narrow(BigInt.asIntN(64, reader.u64()), wide);
    case 's':
      return reader.string();
    case 'b':
      return reader.blob();
    default:
      return Array.from({ length: reader.vectorLength() }, () => reader.string());
  }
}

function narrow(value: bigint, wide: boolean): bigint | number {
  const number = Number(value);
  return wide || !Number.isSafeInteger(number) ? value : number;
}

/** Reads little-endian values; every one is checked against the end. */
class Reader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.at === this.#bytes.length;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#take(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }

  string(): string {
    const length = this.u32();
    const start = this.#take(length + 1);
    if (this.#bytes[start + length] !== 0) malformed('string without its NUL');
    this.#skipPadding();
    return this.#bytes.toString('utf8', start, start + length);
  }

  blob(): Buffer {
    const length = this.u32();
    const start = this.#take(length);
    this.#skipPadding();
    return Buffer.from(this.#bytes.subarray(start, start + length));
  }

  /** A string takes 8 bytes or more: a count that cannot fit is refused before anything is allocated for it. */
  vectorLength(): number {
    const count = this.u32();
    if (count * 8 > this.#bytes.length - this.at) malformed('vector longer than the plan');
    return count;
  }

  #skipPadding(): void {
    const start = this.#take(-this.at & 3);
    for (let index = start; index < this.at; index++) if (this.#bytes[index] !== 0) malformed('padding is not zero');
  }

  #take(size: number): number {
    const start = this.at;
    if (start + size > this.#bytes.length) malformed('cut short');
    this.at = start + size;
    return start;
  }
}

function malformed(what: string): never {
  throw new TskerError('invalid', `launch plan: ${what}`);
}
