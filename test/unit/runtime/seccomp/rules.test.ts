import test from 'ava';
import * as linux from '../../../../src/native/linux.ts';
import type { SeccompRules } from '../../../../src/native/native.ts';
import { answerNewCalls, newestCall } from '../../../../src/runtime/seccomp/enosys.ts';
import { seccompFlags, seccompRules } from '../../../../src/runtime/seccomp/rules.ts';

const ALLOW = 'SCMP_ACT_ALLOW';

test('names become numbers', (t) => {
  const rules = seccompRules({
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: ['SCMP_ARCH_X86_64'],
    syscalls: [
      { names: ['read', 'write'], action: ALLOW },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
      {
        names: ['clone'],
        action: ALLOW,
        args: [{ index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      },
    ],
  });
  t.deepEqual(rules, {
    defaultAction: linux.SECCOMP_RET_ERRNO,
    defaultErrno: 1,
    architectures: [linux.AUDIT_ARCH_X86_64],
    rules: [
      { action: linux.SECCOMP_RET_ALLOW, errno: 0, name: 'read', args: [] },
      { action: linux.SECCOMP_RET_ALLOW, errno: 0, name: 'write', args: [] },
      { action: linux.SECCOMP_RET_ERRNO, errno: 38, name: 'clone3', args: [] },
      {
        action: linux.SECCOMP_RET_ALLOW,
        errno: 0,
        name: 'clone',
        args: [{ index: 0, op: 7, value: 0x7e020000n, valueTwo: 0n }],
      },
    ],
  });
});

test('several conditions on one argument are alternatives', (t) => {
  const args = [1, 2].map((value) => ({ index: 0, value, op: 'SCMP_CMP_EQ' }));
  t.is(
    seccompRules({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['socket'], action: ALLOW, args }] }).rules
      .length,
    2,
  );
});

test('a rule that repeats the default is left out, one with another errno is not', (t) => {
  const syscalls = [
    { names: ['a'], action: 'SCMP_ACT_ERRNO' },
    { names: ['b'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
  ];
  const { rules } = seccompRules({ defaultAction: 'SCMP_ACT_ERRNO', syscalls });
  t.deepEqual(
    rules.map(({ name }) => name),
    ['b'],
  );
});

test('filter flags default to SPEC_ALLOW, and none is none', (t) => {
  t.is(seccompFlags({ defaultAction: ALLOW }), linux.SECCOMP_FILTER_FLAG_SPEC_ALLOW);
  t.is(seccompFlags({ defaultAction: ALLOW, flags: [] }), 0);
  t.is(seccompFlags({ defaultAction: ALLOW, flags: ['SECCOMP_FILTER_FLAG_LOG'] }), 2);
});

for (const [title, seccomp, message] of [
  ['action', { defaultAction: 'NO' }, /unknown action "NO"/],
  ['prototype name', { defaultAction: 'constructor' }, /unknown action/],
  ['notification', { defaultAction: 'SCMP_ACT_NOTIFY' }, /agent/],
  ['architecture', { defaultAction: ALLOW, architectures: ['VAX'] }, /unknown architecture "VAX"/],
  ['flag', { defaultAction: ALLOW, flags: ['X'] }, /unknown flag/],
  [
    'argument',
    {
      defaultAction: ALLOW,
      syscalls: [{ names: ['a'], action: 'SCMP_ACT_KILL', args: [{ index: 6, value: 0, op: 'SCMP_CMP_EQ' }] }],
    },
    /argument index 6/,
  ],
] as const) {
  test(`refused: an impossible ${title}`, (t) => {
    const run = (): unknown => [seccompRules(seccomp), seccompFlags(seccomp)];
    t.throws(run, { message });
  });
}

/** Runs the few instructions of a filter that the preamble uses. */
function run(program: Buffer, architecture: number, nr: number): number {
  let accumulator = 0;
  for (let pc = 0; pc < program.length / 8; pc++) {
    const at = pc * 8;
    const k = program.readUInt32LE(at + 4);
    const jump = (condition: boolean): number => program.readUInt8(at + (condition ? 2 : 3));
    const code = program.readUInt16LE(at);
    if (code === 0x20) accumulator = k === 0 ? nr : architecture;
    else if (code === 0x15) pc += jump(accumulator === k);
    else if (code === 0x25) pc += jump(accumulator > k);
    else if (code === 0x06) return k;
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error('no return');
}

const PROGRAM = Buffer.from([0x06, 0, 0, 0, 1, 0, 0, 0]);
const RULES: SeccompRules = {
  defaultAction: linux.SECCOMP_RET_ERRNO,
  defaultErrno: 1,
  architectures: [linux.AUDIT_ARCH_X86_64, linux.AUDIT_ARCH_I386, linux.AUDIT_ARCH_X32],
  rules: ['read', 'openat2', 'mseal'].map((name) => ({ action: linux.SECCOMP_RET_ALLOW, errno: 0, name, args: [] })),
};
const ENOSYS = (linux.SECCOMP_RET_ERRNO | 38) >>> 0;

test('calls newer than the profile do not exist, older ones meet the filter', (t) => {
  t.is(newestCall(RULES), 462);
  const program = answerNewCalls(RULES, PROGRAM);
  for (const architecture of [linux.AUDIT_ARCH_X86_64, linux.AUDIT_ARCH_I386]) {
    t.is(run(program, architecture, 463), ENOSYS);
    t.is(run(program, architecture, 462), 1);
    t.is(run(program, architecture, 0), 1);
  }
  t.is(run(program, linux.AUDIT_ARCH_X86_64, 0x40000001), 1, 'x32 numbers are no new calls');
  t.is(run(program, linux.AUDIT_ARCH_AARCH64, 463), 1, 'another architecture is for the filter to refuse');
});

test('a profile that kills or allows by default is left as it is', (t) => {
  for (const defaultAction of [linux.SECCOMP_RET_KILL_PROCESS, linux.SECCOMP_RET_ALLOW]) {
    t.is(answerNewCalls({ ...RULES, defaultAction }, PROGRAM), PROGRAM);
  }
  t.is(answerNewCalls({ ...RULES, rules: [] }, PROGRAM), PROGRAM);
});
