// Headers of ELF programs that cannot run here: only as much as a kernel reads before it says no.

/** e_machine (elf(5)). */
export const MACHINES = { x86_64: 62, aarch64: 183, riscv: 243, s390: 22 } as const;

export interface ElfOptions {
  readonly machine: keyof typeof MACHINES;
  /** PT_INTERP. */
  readonly interpreter?: string;
}

const HEADER = 64;
const PROGRAM_HEADER = 56;

/** A 64-bit little-endian executable without code. */
export function makeElf({ machine, interpreter }: ElfOptions): Buffer {
  const name = interpreter === undefined ? Buffer.alloc(0) : Buffer.from(`${interpreter}\0`);
  const file = Buffer.alloc(HEADER + PROGRAM_HEADER + name.length);
  file.write('\x7fELF\x02\x01\x01', 'latin1');
  file.writeUInt16LE(2, 16); // ET_EXEC
  file.writeUInt16LE(MACHINES[machine], 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(0x400000n, 24);
  file.writeBigUInt64LE(BigInt(HEADER), 32);
  file.writeUInt16LE(HEADER, 52);
  file.writeUInt16LE(PROGRAM_HEADER, 54);
  file.writeUInt16LE(interpreter === undefined ? 0 : 1, 56);
  if (interpreter === undefined) return file;
  file.writeUInt32LE(3, HEADER); // PT_INTERP
  file.writeUInt32LE(4, HEADER + 4);
  file.writeBigUInt64LE(BigInt(HEADER + PROGRAM_HEADER), HEADER + 8);
  file.writeBigUInt64LE(BigInt(name.length), HEADER + 32);
  file.writeBigUInt64LE(BigInt(name.length), HEADER + 40);
  name.copy(file, HEADER + PROGRAM_HEADER);
  return file;
}
