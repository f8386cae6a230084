// Seccomp rules → the bytes tsker_job_seccomp reads (native/include/tsker.h). Pure; the compiling is libseccomp's.
import { TskerError } from '../util/errors.ts';
import type { SeccompRules } from './native.ts';

/** Throws TskerError `invalid` on a value that has no place in the format. */
export function encodeSeccompRules(rules: SeccompRules): Buffer {
  const writer = new Writer();
  writer.u32(rules.defaultAction);
  writer.u32(rules.defaultErrno);
  writer.u32(rules.architectures.length);
  for (const architecture of rules.architectures) writer.u32(architecture);
  writer.u32(rules.rules.length);
  for (const rule of rules.rules) {
    writer.u32(rule.action);
    writer.u32(rule.errno);
    writer.string(rule.name);
    writer.u32(rule.args.length);
    for (const { index, op, value, valueTwo } of rule.args) {
      writer.u32(index);
      writer.u32(op);
      writer.u64(value);
      writer.u64(valueTwo);
    }
  }
  return writer.bytes();
}

class Writer {
  readonly #parts: Buffer[] = [];

  u32(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
      refuse(`${value} is not an unsigned 32-bit number`);
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value);
    this.#parts.push(part);
  }

  u64(value: bigint): void {
    if (value !== BigInt.asUintN(64, value)) refuse(`${value} is not an unsigned 64-bit number`);
    const part = Buffer.alloc(8);
    part.writeBigUInt64LE(value);
    this.#parts.push(part);
  }

  string(text: string): void {
    if (text.includes('\0')) refuse('a name contains a NUL byte');
    const bytes = Buffer.from(text);
    this.u32(bytes.length);
    this.#parts.push(bytes, Buffer.alloc(4 - (bytes.length & 3)));
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

function refuse(what: string): never {
  throw new TskerError('invalid', `seccomp rules: ${what}`);
}
