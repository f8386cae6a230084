import test from 'ava';
import { ipamConfig } from '../../../../src/cli/create/ipam.ts';
import { UsageError } from '../../../../src/cli/usage-error.ts';

const NONE = { subnet: [], 'ip-range': [], gateway: [], 'aux-address': [] };

test('what lies in which subnet is found by its address', (t) => {
  const flags = {
    subnet: ['10.1.0.0/16', 'fd00::/64'],
    'ip-range': ['10.1.9.0/24'],
    gateway: ['fd00::1', '10.1.0.1'],
    'aux-address': ['a=10.1.0.5', 'b=10.1.0.6', 'c=fd00::5'],
  };
  t.deepEqual(ipamConfig(flags), [
    {
      Subnet: '10.1.0.0/16',
      IPRange: '10.1.9.0/24',
      Gateway: '10.1.0.1',
      AuxiliaryAddresses: { a: '10.1.0.5', b: '10.1.0.6' },
    },
    { Subnet: 'fd00::/64', Gateway: 'fd00::1', AuxiliaryAddresses: { c: 'fd00::5' } },
  ]);
  t.deepEqual(ipamConfig(NONE), []);
});

for (const [what, flags, message] of [
  ['a gateway without a subnet', { gateway: ['10.0.0.1'] }, /every ip-range or gateway must have/],
  ['a range elsewhere', { subnet: ['10.0.0.0/24'], 'ip-range': ['10.0.1.0/25'] }, /no matching subnet for range/],
  [
    'an auxiliary address elsewhere',
    { subnet: ['10.0.0.0/24'], 'aux-address': ['a=10.1.0.1'] },
    /no matching subnet for aux-address/,
  ],
  [
    'two gateways',
    { subnet: ['10.0.0.0/24', '10.1.0.0/24'], gateway: ['10.0.0.1', '10.0.0.2'] },
    /cannot configure multiple gateways/,
  ],
  ['subnets that overlap', { subnet: ['10.0.0.0/8', '10.1.0.0/16'] }, /multiple overlapping subnet/],
] as const) {
  test(`${what} is refused`, (t) => {
    t.throws(() => ipamConfig({ ...NONE, ...flags }), { instanceOf: UsageError, message });
  });
}
