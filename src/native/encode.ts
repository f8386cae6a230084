// Op[] → the bytes of a launch plan, as native/include/tsker.h lays them out. Pure, and on the path of every start: one
// buffer that grows, no object per argument. It checks form (ranges, NUL bytes), not sense: that is the compiler's part.
import { TskerError } from '../util/errors.ts';
import { ABI_VERSION, OPF, PLAN } from './abi.ts';
import { OPS, type Op, type OpName } from './ops.ts';

export interface EncodeOptions {
  /** Report every operation with its duration. */
  readonly trace?: boolean;
}

interface Layout {
  readonly number: number;
  readonly signature: string;
  readonly fields: readonly string[];
}

const LAYOUTS: ReadonlyMap<string, Layout> = new Map(
  Object.entries(OPS).map(([name, [number, signature, ...fields]]) => [name, { number, signature, fields }]),
);

const TWO_32 = 2 ** 32;
const MAX_U64 = 2n ** 64n - 1n;

/** The layout row of an operation; throws `invalid` for a name that TSKER_OPS does not have. */
function layoutOf(name: OpName): Layout {
  const layout = LAYOUTS.get(name);
  if (layout === undefined) throw new TskerError('invalid', `launch plan: unknown operation ${String(name)}`);
  return layout;
}

/** Encodes into a buffer of its own. */
export function encodePlan(ops: readonly Op[], options: EncodeOptions = {}): Buffer {
  return Buffer.from(new PlanEncoder().encode(ops, options));
}

/** Keeps its buffer from plan to plan, for the start path. */
export class PlanEncoder {
  #bytes: Buffer;
  #view: DataView;
  #at = 0;

  constructor(capacity = 64 * 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
    this.#view = viewOf(this.#bytes);
  }

  /** The plan's bytes, valid until the next call. Throws TskerError `invalid` on an argument that has no encoding. */
  encode(ops: readonly Op[], options: EncodeOptions = {}): Buffer {
    if (ops.length > PLAN.maxOps) throw new TskerError('invalid', `launch plan: more than ${PLAN.maxOps} operations`);
    this.#at = PLAN.headerSize;
    for (const op of ops) this.#operation(op);
    if (this.#at > PLAN.maxSize) throw new TskerError('invalid', `launch plan: larger than ${PLAN.maxSize} bytes`);
    const view = this.#view;
    view.setUint32(0, PLAN.magic, true);
    view.setUint16(4, ABI_VERSION, true);
    view.setUint16(6, options.trace === true ? PLAN.trace : 0, true);
    view.setUint32(8, ops.length, true);
    view.setUint32(12, this.#at, true);
    return this.#bytes.subarray(0, this.#at);
  }

  #operation(op: Op): void {
    const { number, signature, fields } = layoutOf(op.op);
    const start = this.#at;
    this.#reserve(PLAN.opHeaderSize);
    this.#at = start + PLAN.opHeaderSize;
    const values = op as unknown as Record<string, unknown>;
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index] as string;
      this.#argument(op.op, field, signature.charCodeAt(index), values[field]);
    }
    const view = this.#view;
    view.setUint16(start, number, true);
    view.setUint8(start + 2, (op.inRoot === true ? OPF.inRoot : 0) | (op.optional === true ? OPF.optional : 0));
    view.setUint8(start + 3, tolerated(op));
    view.setUint32(start + 4, this.#at - start - PLAN.opHeaderSize, true);
  }

  #argument(op: OpName, field: string, kind: number, value: unknown): void {
    // The letters of a signature: u, i, s, b, v.
    if (kind === 0x75) this.#unsigned(op, field, value);
    else if (kind === 0x69) this.#signed(op, field, value);
    else if (kind === 0x73) this.#string(op, field, value);
    else if (kind === 0x62) this.#blob(op, field, value);
    else this.#vector(op, field, value);
  }

  #unsigned(op: OpName, field: string, value: unknown): void {
    this.#reserve(8);
    if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
      this.#view.setUint32(this.#at, value >>> 0, true);
      this.#view.setUint32(this.#at + 4, Math.floor(value / TWO_32), true);
    } else if (typeof value === 'bigint' && value >= 0n && value <= MAX_U64) {
      this.#view.setBigUint64(this.#at, value, true);
    } else {
      refuse(op, field, `${String(value)} is not an unsigned 64-bit number`);
    }
    this.#at += 8;
  }

  #signed(op: OpName, field: string, value: unknown): void {
    this.#reserve(8);
    const number = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
    if (typeof number !== 'bigint' || number !== BigInt.asIntN(64, number)) {
      refuse(op, field, `${String(value)} is not a signed 64-bit number`);
    }
    this.#view.setBigInt64(this.#at, number, true);
    this.#at += 8;
  }

  #string(op: OpName, field: string, value: unknown): void {
    if (typeof value !== 'string') refuse(op, field, 'is not a string');
    this.#reserve(8 + 3 * value.length); // length, at most 3 bytes a UTF-16 unit, NUL, padding
    const bytes = this.#bytes;
    const start = this.#at + 4;
    let at = start;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code === 0) refuse(op, field, 'contains a NUL byte');
      if (code < 0x80) {
        bytes[at++] = code;
      } else {
        at += writeUnicode(op, field, bytes, at, value.slice(index));
        break;
      }
    }
    this.#view.setUint32(this.#at, at - start, true);
    bytes[at++] = 0;
    this.#pad(at);
  }

  #blob(op: OpName, field: string, value: unknown): void {
    const data = typeof value === 'string' ? Buffer.from(value) : value;
    if (!(data instanceof Uint8Array)) refuse(op, field, 'is not a string or a Uint8Array');
    this.#reserve(8 + data.length);
    this.#view.setUint32(this.#at, data.length, true);
    this.#bytes.set(data, this.#at + 4);
    this.#pad(this.#at + 4 + data.length);
  }

  #vector(op: OpName, field: string, value: unknown): void {
    if (!Array.isArray(value)) refuse(op, field, 'is not a list of strings');
    this.#reserve(4);
    this.#view.setUint32(this.#at, value.length, true);
    this.#at += 4;
    for (const item of value) this.#string(op, field, item);
  }

  /** Zeros up to the next multiple of 4; the space was reserved with the argument. */
  #pad(from: number): void {
    let at = from;
    while ((at & 3) !== 0) this.#bytes[at++] = 0;
    this.#at = at;
  }

  #reserve(size: number): void {
    const needed = this.#at + size;
    if (needed <= this.#bytes.length) return;
    // Twice the limit leaves room for the worst-case estimate of a string that in the end fits.
    if (needed > 4 * PLAN.maxSize) throw new TskerError('invalid', `launch plan: larger than ${PLAN.maxSize} bytes`);
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tolerated(op: Op): number {
  const errno = op.tolerate ?? 0;
  if (!Number.isInteger(errno) || errno < 0 || errno > 255)
    refuse(op.op, 'tolerate', `${errno} is not an errno below 256`);
  return errno;
}

/** The part of a string from its first character beyond ASCII. A lone surrogate has no UTF-8 form and is refused. */
function writeUnicode(op: OpName, field: string, bytes: Buffer, at: number, text: string): number {
  if (text.includes('\0')) refuse(op, field, 'contains a NUL byte');
  if (!text.isWellFormed()) refuse(op, field, 'is not well-formed Unicode');
  return bytes.write(text, at, 'utf8');
}

function refuse(op: OpName, field: string, what: string): never {
  throw new TskerError('invalid', `launch plan: ${op.toLowerCase()}: ${field} ${what}`);
}
