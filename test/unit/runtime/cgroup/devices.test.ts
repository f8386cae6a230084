import test from 'ava';
import { deviceProgram } from '../../../../src/runtime/cgroup/device-program.ts';
import { foldDeviceRules, formatDevice } from '../../../../src/runtime/cgroup/device-rules.ts';
import { DEFAULT_DEVICE_RULES } from '../../../../src/runtime/default-spec.ts';
import type { DeviceCgroup } from '../../../../src/runtime/spec.ts';

const DENY_ALL: DeviceCgroup = { allow: false, access: 'rwm' };
const ALLOW_ALL: DeviceCgroup = { allow: true, access: 'rwm' };
const fold = (rules: readonly DeviceCgroup[]): string[] => foldDeviceRules(rules).exceptions.map(formatDevice);

test("Docker's rules: everything is denied but the devices that every container has", (t) => {
  const policy = foldDeviceRules(DEFAULT_DEVICE_RULES);
  t.false(policy.allowByDefault);
  t.deepEqual(policy.exceptions.map(formatDevice), [
    'c 5:1 rwm',
    'c *:* m',
    'b *:* m',
    'c 1:3 rwm',
    'c 1:5 rwm',
    'c 1:7 rwm',
    'c 1:8 rwm',
    'c 1:9 rwm',
    'c 5:0 rwm',
    'c 5:2 rwm',
    'c 136:* rwm',
  ]);
});

test('privileged: everything is allowed, and nothing is an exception', (t) => {
  t.deepEqual(foldDeviceRules([ALLOW_ALL]), { allowByDefault: true, exceptions: [] });
  t.deepEqual(foldDeviceRules([]), { allowByDefault: true, exceptions: [] });
});

test('rules for one device are merged, and a denial takes away', (t) => {
  const fuse = { type: 'c', major: 10, minor: 229 } as const;
  t.true(
    fold([DENY_ALL, { allow: true, ...fuse, access: 'r' }, { allow: true, ...fuse, access: 'w' }]).includes(
      'c 10:229 rw',
    ),
  );
  t.true(fold([DENY_ALL, { allow: true, ...fuse }, { allow: false, ...fuse, access: 'm' }]).includes('c 10:229 rw'));
  t.false(fold([DENY_ALL, { allow: true, ...fuse }, { allow: false, ...fuse }]).some((one) => one.includes('229')));
});

test('a denial before anything was allowed changes nothing', (t) => {
  t.deepEqual(fold([DENY_ALL, { allow: false, type: 'c', major: 10, minor: 229 }]), fold([DENY_ALL]));
});

test('a hole in a wildcard is refused: no kernel interface can say it', (t) => {
  const rules: DeviceCgroup[] = [
    DENY_ALL,
    { allow: true, type: 'b', access: 'r' },
    { allow: false, type: 'b', major: 8, access: 'r' },
  ];
  t.throws(() => foldDeviceRules(rules), { message: /cannot take b8:-1 out of b-1:-1/ });
});

test('an access that is none is refused', (t) => {
  t.throws(() => foldDeviceRules([{ allow: true, access: 'x' }]), { message: /access "x"/ });
});

/** Runs a program as the kernel would, for the instructions that it may consist of. */
function run(program: Buffer, device: { type: 'b' | 'c'; access: string; major: number; minor: number }): number {
  const bits = [...device.access].reduce((all, letter) => all | ({ m: 1, r: 2, w: 4 }[letter] ?? 0), 0);
  const context = [(bits << 16) | (device.type === 'b' ? 1 : 2), device.major, device.minor];
  const registers = new Array<number>(11).fill(0);
  const value = (index: number): number => registers[index] ?? 0;
  for (let pc = 0; pc < program.length / 8; pc++) {
    const [code, both, offset, immediate] = [
      program.readUInt8(pc * 8),
      program.readUInt8(pc * 8 + 1),
      program.readInt16LE(pc * 8 + 2),
      program.readInt32LE(pc * 8 + 4),
    ];
    const [dst, src] = [both & 15, both >> 4];
    if (code === 0x61) registers[dst] = context[offset / 4] ?? 0;
    else if (code === 0x54) registers[dst] = value(dst) & immediate;
    else if (code === 0x74) registers[dst] = value(dst) >>> immediate;
    else if (code === 0xbc) registers[dst] = value(src);
    else if (code === 0xb4) registers[dst] = immediate;
    else if (code === 0x55) pc += value(dst) !== immediate ? offset : 0;
    else if (code === 0x15) pc += value(dst) === immediate ? offset : 0;
    else if (code === 0x5d) pc += value(dst) !== value(src) ? offset : 0;
    else if (code === 0x95) return value(0);
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error('no exit');
}

const PROGRAM_CASES: readonly [rules: readonly DeviceCgroup[], device: Parameters<typeof run>[1], allowed: boolean][] =
  [
    [DEFAULT_DEVICE_RULES, { type: 'c', access: 'rw', major: 1, minor: 3 }, true],
    [DEFAULT_DEVICE_RULES, { type: 'c', access: 'm', major: 10, minor: 229 }, true],
    [DEFAULT_DEVICE_RULES, { type: 'c', access: 'r', major: 10, minor: 229 }, false],
    [DEFAULT_DEVICE_RULES, { type: 'b', access: 'r', major: 8, minor: 0 }, false],
    [DEFAULT_DEVICE_RULES, { type: 'c', access: 'rw', major: 136, minor: 7 }, true],
    [DEFAULT_DEVICE_RULES, { type: 'b', access: 'rw', major: 1, minor: 3 }, false],
    [[ALLOW_ALL], { type: 'b', access: 'rw', major: 8, minor: 0 }, true],
    [
      [ALLOW_ALL, { allow: false, type: 'b', major: 8, access: 'w' }],
      { type: 'b', access: 'rw', major: 8, minor: 0 },
      false,
    ],
    [
      [ALLOW_ALL, { allow: false, type: 'b', major: 8, access: 'w' }],
      { type: 'b', access: 'r', major: 8, minor: 0 },
      true,
    ],
    [
      [DENY_ALL, { allow: true, type: 'b', major: 8, access: 'r' }],
      { type: 'b', access: 'rw', major: 8, minor: 0 },
      false,
    ],
    [
      [DENY_ALL, { allow: true, type: 'b', major: 8, access: 'r' }],
      { type: 'b', access: 'r', major: 8, minor: 0 },
      true,
    ],
  ];

for (const [index, [rules, device, allowed]] of PROGRAM_CASES.entries()) {
  test(`device program ${index}: ${JSON.stringify(device)} is ${allowed ? 'allowed' : 'denied'}`, (t) => {
    t.is(run(deviceProgram(foldDeviceRules(rules)), device), allowed ? 1 : 0);
  });
}
