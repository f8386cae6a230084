import test, { type ExecutionContext } from 'ava';
import { compactFilter } from '../../../../src/runtime/seccomp/compact.ts';
import { runFilter } from '../../../helpers/bpf.ts';

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, k: number];

const LOAD = 0x20;
const [JUMP, EQUAL, GREATER, AT_LEAST] = [0x05, 0x15, 0x25, 0x35];
const RETURN = 0x06;
const [NR, ARCH, ARGUMENT] = [0, 4, 16];
const [ALLOW, REFUSE, KILL] = [0x7fff0000, 0x50001, 0];
const [X86_64, I386] = [0xc000003e, 0x40000003];

function encode(instructions: readonly Instruction[]): Buffer {
  return Buffer.concat(
    instructions.map(([code, ifTrue, ifFalse, k]) => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt16LE(code, 0);
      bytes.writeUInt8(ifTrue, 2);
      bytes.writeUInt8(ifFalse, 3);
      bytes.writeUInt32LE(k, 4);
      return bytes;
    }),
  );
}

/** Two architectures, as libseccomp lays them out: one comparison for each call. */
function filter(numbers: readonly number[]): Instruction[] {
  const calls = numbers.flatMap((number): Instruction[] => [
    [EQUAL, 0, 1, number],
    [RETURN, 0, 0, ALLOW],
  ]);
  // 1000 is allowed when the first argument is below 5, and refused otherwise.
  const byArgument: Instruction[] = [
    [EQUAL, 0, 3, 1000],
    [LOAD, 0, 0, ARGUMENT],
    [AT_LEAST, 1, 0, 5],
    [RETURN, 0, 0, ALLOW],
  ];
  const first: Instruction[] = [[LOAD, 0, 0, NR], ...calls, ...byArgument, [RETURN, 0, 0, REFUSE]];
  const second: Instruction[] = [
    [LOAD, 0, 0, NR],
    [GREATER, 0, 1, 100],
    [RETURN, 0, 0, REFUSE],
    [RETURN, 0, 0, ALLOW],
  ];
  return [
    [LOAD, 0, 0, ARCH],
    [EQUAL, 0, 1, X86_64],
    [JUMP, 0, 0, 2],
    [EQUAL, 0, 1, I386],
    [JUMP, 0, 0, 1 + first.length],
    // Behind the jumps: the first is X86_64's, and no other's.
    [EQUAL, 1, 0, X86_64],
    [RETURN, 0, 0, KILL],
    ...first,
    ...second,
  ];
}

function sameAnswers(t: ExecutionContext, before: Buffer, after: Buffer): void {
  for (const architecture of [X86_64, I386, 0, 1, X86_64 + 1, 0xffffffff]) {
    for (const number of [...Array(1100).keys(), 0x40000000, 0xfffffffe, 0xffffffff]) {
      for (const argument of [0n, 4n, 5n, 6n, 0xffffffffn]) {
        const call = { number, architecture, args: [argument] };
        const [wanted, actual] = [runFilter(before, call), runFilter(after, call)];
        if (wanted !== actual) t.fail(`${architecture} ${number} ${argument}: ${actual}, not ${wanted}`);
      }
    }
  }
  t.pass();
}

test('ranges of calls take the place of single ones, and the answers are the same', (t) => {
  const numbers = [...Array(300).keys()].filter((number) => number % 30 !== 7);
  const before = encode(filter(numbers));
  const after = compactFilter(before);
  t.true(after.length < before.length / 5, `${before.length / 8} to ${after.length / 8}`);
  sameAnswers(t, before, after);
});

test('one that would not become smaller stays as it is', (t) => {
  const program = encode([[RETURN, 0, 0, ALLOW]]);
  t.is(compactFilter(program), program);
});

test('what could not be reached by short jumps stays as it is', (t) => {
  const program = encode(filter([...Array(600).keys()].map((number) => 3 * number)));
  t.is(compactFilter(program), program);
});

for (const [what, instruction] of [
  ['an instruction of no such filter', [0x02, 0, 0, 0]],
  ['a comparison before a load', [EQUAL, 0, 0, 1]],
  ['a jump past the end', [JUMP, 0, 0, 100]],
] satisfies [string, Instruction][]) {
  test(`${what}: the program stays as it is`, (t) => {
    const program = encode([instruction, ...filter([1, 2, 3, 4, 5, 6, 7, 8])]);
    t.is(compactFilter(program), program);
  });
}
