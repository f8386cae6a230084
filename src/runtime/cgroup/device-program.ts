// A device policy as the eBPF program that v2 cgroups want in place of devices.allow (BPF_PROG_TYPE_CGROUP_DEVICE). Pure: it
// makes the instructions; loading and attaching is the plan operation BPF_DEVICE.
import type { DeviceException, DevicePolicy } from './device-rules.ts';

/** struct bpf_insn is 8 bytes: opcode, registers (src << 4 | dst), offset, immediate. */
const INSTRUCTION = 8;

/** linux/bpf.h: class | size or operation | mode or source. */
const LOAD_WORD = 0x61; // BPF_LDX | BPF_MEM | BPF_W
const AND_IMMEDIATE = 0x54; // BPF_ALU | BPF_AND | BPF_K
const SHIFT_RIGHT = 0x74; // BPF_ALU | BPF_RSH | BPF_K
const MOVE_REGISTER = 0xbc; // BPF_ALU | BPF_MOV | BPF_X
const MOVE_IMMEDIATE = 0xb4; // BPF_ALU | BPF_MOV | BPF_K
const JUMP_NOT_EQUAL = 0x55; // BPF_JMP | BPF_JNE | BPF_K
const JUMP_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const JUMP_NOT_EQUAL_REGISTER = 0x5d; // BPF_JMP | BPF_JNE | BPF_X
const EXIT = 0x95;

/** struct bpf_cgroup_dev_ctx: u32 access_type (access << 16 | type), u32 major, u32 minor. */
const TYPES = { b: 1, c: 2 } as const;
const ACCESS: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };
const ALL_ACCESS = 7;

/** Registers: r1 the context and then scratch, r2 type, r3 access, r4 major, r5 minor. */
interface Instruction {
  readonly code: number;
  readonly dst?: number;
  readonly src?: number;
  readonly offset?: number;
  readonly immediate?: number;
}

/** The program: 1 allows the access, 0 answers EPERM. */
export function deviceProgram(policy: DevicePolicy): Buffer {
  const instructions: Instruction[] = [
    { code: LOAD_WORD, dst: 2, src: 1, offset: 0 },
    { code: MOVE_REGISTER, dst: 3, src: 2 },
    { code: AND_IMMEDIATE, dst: 2, immediate: 0xffff },
    { code: SHIFT_RIGHT, dst: 3, immediate: 16 },
    { code: LOAD_WORD, dst: 4, src: 1, offset: 4 },
    { code: LOAD_WORD, dst: 5, src: 1, offset: 8 },
    ...policy.exceptions.flatMap((exception) => exceptionBlock(exception, policy.allowByDefault)),
    ...verdict(policy.allowByDefault),
  ];
  return encode(instructions);
}

/** Conditions that jump over the verdict when they do not hold. */
function exceptionBlock(exception: DeviceException, allowByDefault: boolean): Instruction[] {
  const conditions: Instruction[] = [{ code: JUMP_NOT_EQUAL, dst: 2, immediate: TYPES[exception.type] }];
  const access = [...exception.access].reduce((bits, letter) => bits | (ACCESS[letter] ?? 0), 0);
  if (access !== ALL_ACCESS) conditions.push(...accessCondition(access, allowByDefault));
  if (exception.major >= 0) conditions.push({ code: JUMP_NOT_EQUAL, dst: 4, immediate: exception.major });
  if (exception.minor >= 0) conditions.push({ code: JUMP_NOT_EQUAL, dst: 5, immediate: exception.minor });
  const end = verdict(!allowByDefault);
  const length = conditions.length + end.length;
  const jumps = new Set([JUMP_NOT_EQUAL, JUMP_EQUAL, JUMP_NOT_EQUAL_REGISTER]);
  return [
    ...conditions.map((one, index) => (jumps.has(one.code) ? { ...one, offset: length - index - 1 } : one)),
    ...end,
  ];
}

/** An allowed access must lie within the exception as a whole; a denied one need only touch it. */
function accessCondition(access: number, allowByDefault: boolean): Instruction[] {
  return [
    { code: MOVE_REGISTER, dst: 1, src: 3 },
    { code: AND_IMMEDIATE, dst: 1, immediate: access },
    allowByDefault ? { code: JUMP_EQUAL, dst: 1, immediate: 0 } : { code: JUMP_NOT_EQUAL_REGISTER, dst: 1, src: 3 },
  ];
}

function verdict(allow: boolean): Instruction[] {
  return [{ code: MOVE_IMMEDIATE, dst: 0, immediate: allow ? 1 : 0 }, { code: EXIT }];
}

function encode(instructions: readonly Instruction[]): Buffer {
  const program = Buffer.alloc(instructions.length * INSTRUCTION);
  instructions.forEach(({ code, dst = 0, src = 0, offset = 0, immediate = 0 }, index) => {
    const at = index * INSTRUCTION;
    program.writeUInt8(code, at);
    program.writeUInt8((src << 4) | dst, at + 1);
    program.writeInt16LE(offset, at + 2);
    program.writeInt32LE(immediate, at + 4);
  });
  return program;
}
