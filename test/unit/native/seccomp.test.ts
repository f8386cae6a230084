import test from 'ava';
import { encodeSeccompRules } from '../../../src/native/seccomp.ts';

test('rules are laid out as the header file describes', (t) => {
  const bytes = encodeSeccompRules({
    defaultAction: 0x50000,
    defaultErrno: 1,
    architectures: [0xc000003e],
    rules: [
      { action: 0x7fff0000, errno: 0, name: 'read', args: [] },
      {
        action: 0x7fff0000,
        errno: 2,
        name: 'personality',
        args: [{ index: 1, op: 4, value: 8n, valueTwo: 2n ** 64n - 1n }],
      },
    ],
  });
  const expected = [
    ['00000500', '01000000', '01000000', '3e0000c0', '02000000'],
    ['0000ff7f', '00000000', '04000000', '7265616400000000', '00000000'],
    ['0000ff7f', '02000000', '0b000000', '706572736f6e616c69747900', '01000000'],
    ['01000000', '04000000', '0800000000000000', 'ffffffffffffffff'],
  ];
  t.is(bytes.toString('hex'), expected.flat().join(''));
});
