// The head of an executable file, as far as it says why the kernel would not run it: ELF machine and interpreter, or the
// `#!` line. Pure.

export type Executable =
  | { readonly kind: 'elf'; readonly machine: number; readonly interpreter: string | undefined }
  | { readonly kind: 'script'; readonly interpreter: string; readonly argument: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'other' };

const ELF_MAGIC = 0x7f454c46;
const CLASS_64 = 2;
const BIG_ENDIAN = 2;
const PT_INTERP = 3;

/** e_machine numbers (elf.h) by the names that images use for architectures. */
const MACHINES: Readonly<Record<number, string>> = {
  3: '386',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

/** What a file of an architecture's own kernel may be: a 64-bit one runs its 32-bit programs as well. */
const RUNNABLE: Readonly<Record<string, readonly number[]>> = { x64: [62, 3], arm64: [183, 40] };

export function machineName(machine: number): string {
  return MACHINES[machine] ?? `machine ${machine}`;
}

/** `architecture` is Node's `process.arch`. */
export function isRunnable(machine: number, architecture: string): boolean {
  return (RUNNABLE[architecture] ?? [machine]).includes(machine);
}

/** Reads a file's first bytes (4096 are enough for what linkers make). */
export function parseExecutable(head: Buffer): Executable {
  if (head.length === 0) return { kind: 'empty' };
  if (head.length >= 20 && head.readUInt32BE(0) === ELF_MAGIC) return parseElf(head);
  if (head.subarray(0, 2).toString('latin1') === '#!') return parseScript(head);
  return { kind: 'other' };
}

/** The kernel takes one argument, to the end of the line (binfmt_script.c). */
function parseScript(head: Buffer): Executable {
  const line = head.subarray(2).toString('utf8').split('\n', 1)[0] ?? '';
  // A carriage return stays: it is part of the name, and the reason why it is not found.
  const [, interpreter = '', argument = ''] = /^[ \t]*([^ \t]*)[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
  return { kind: 'script', interpreter, argument };
}

function parseElf(head: Buffer): Executable {
  const wide = head[4] === CLASS_64;
  const big = head[5] === BIG_ENDIAN;
  const u16 = (at: number): number => (big ? head.readUInt16BE(at) : head.readUInt16LE(at));
  const u32 = (at: number): number => (big ? head.readUInt32BE(at) : head.readUInt32LE(at));
  const word = (at: number): number =>
    wide ? Number(big ? head.readBigUInt64BE(at) : head.readBigUInt64LE(at)) : u32(at);
  const machine = u16(18);
  const [tableAt, sizeAt, countAt, offsetAt, lengthAt, headerSize] = wide
    ? [32, 54, 56, 8, 32, 64]
    : [28, 42, 44, 4, 16, 52];
  if (head.length < headerSize) return { kind: 'elf', machine, interpreter: undefined };
  const table = word(tableAt);
  const size = u16(sizeAt);
  for (let index = 0; index < u16(countAt); index++) {
    const at = table + index * size;
    if (size < lengthAt + 8 || at + size > head.length) break;
    if (u32(at) !== PT_INTERP) continue;
    const start = word(at + offsetAt);
    const interpreter = head.subarray(start, start + word(at + lengthAt)).toString('utf8');
    return { kind: 'elf', machine, interpreter: interpreter.split('\0', 1)[0] };
  }
  return { kind: 'elf', machine, interpreter: undefined };
}
