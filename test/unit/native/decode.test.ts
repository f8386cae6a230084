import test from 'ava';
import { decodePlan } from '../../../src/native/decode.ts';
import { encodePlan } from '../../../src/native/encode.ts';
import type { Op } from '../../../src/native/ops.ts';

const OPS: readonly Op[] = [
  { op: 'MKDIR', path: '/abc', mode: 0o755 },
  { op: 'WRITE', path: '/x', data: 'hello' },
  { op: 'EXEC', argv: ['sh', '-c', 'true'], envp: ['A=b'], flags: 0 },
];

test('a plan cut short anywhere is refused', (t) => {
  const plan = encodePlan(OPS);
  for (let length = 0; length < plan.length; length++) {
    const cut = Buffer.from(plan.subarray(0, length));
    if (length >= 16) cut.writeUInt32LE(length, 12);
    t.throws(() => decodePlan(cut), { message: /^launch plan: / }, `cut at ${length}`);
  }
});

test('a changed byte is either refused or read, and never crashes the decoder', (t) => {
  const plan = encodePlan(OPS);
  for (let at = 0; at < plan.length; at++) {
    const broken = Buffer.from(plan);
    broken.writeUInt8(plan.readUInt8(at) ^ 0xff, at);
    try {
      decodePlan(broken);
    } catch (error) {
      t.like(error, { code: 'invalid' });
    }
  }
  t.pass();
});

const malformed: readonly (readonly [string, (plan: Buffer) => Buffer, RegExp])[] = [
  ['another magic', (plan) => patch(plan, 0, 0x12345678), /bad magic/],
  ['another version', (plan) => patch(plan, 4, 2), /another version/],
  ['a wrong size', (plan) => patch(plan, 12, plan.length + 4), /size is not that/],
  ['an unknown operation', (plan) => patch(plan, 16, 999), /unknown operation 999/],
  ['an operation that is longer than its arguments', (plan) => patch(plan, 20, 64), /size does not match/],
  ['a vector longer than the plan', (plan) => patch(plan, vectorAt(plan), 0x7fffffff), /vector longer than/],
  ['bytes at the end', (plan) => patch(Buffer.concat([plan, Buffer.alloc(4)]), 12, plan.length + 4), /after the last/],
  ['padding that is not zero', (plan) => patch(plan, 16 + 8 + 4 + 4, 0x61000000), /padding is not zero/],
];

for (const [name, change, message] of malformed) {
  test(`${name} is refused`, (t) => {
    t.throws(() => decodePlan(change(encodePlan(OPS))), { message });
  });
}

function patch(plan: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(plan);
  changed.writeUInt32LE(value, at);
  return changed;
}

/** Where the argv of the last operation of OPS starts. */
function vectorAt(plan: Buffer): number {
  return plan.indexOf(Buffer.from('sh\0')) - 8;
}
