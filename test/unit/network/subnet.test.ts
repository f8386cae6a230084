import test from 'ava';
import { formatCidr, parseCidr } from '../../../src/network/address.ts';
import { checkMtu, parseBip } from '../../../src/network/bridge-link.ts';
import { freeSubnet, obstacle } from '../../../src/network/subnet.ts';
import { TskerError } from '../../../src/util/errors.ts';

for (const [what, taken, expected] of [
  ['nothing', [], '172.17.0.1/16'],
  ['a default route', ['0.0.0.0/0'], '172.17.0.1/16'],
  ['Docker’s first', ['172.17.0.1/16'], '172.18.0.1/16'],
  ['a part of the first', ['172.17.200.0/24', '172.18.0.0/30'], '172.19.0.1/16'],
  ['all of 172.16.0.0/12', ['172.16.0.0/12'], '192.168.0.1/20'],
  ['all of both', ['172.16.0.0/12', '192.168.0.0/16'], undefined],
] as const) {
  test(`with ${what} taken the bridge gets ${expected ?? 'no subnet'}`, (t) => {
    const free = freeSubnet(taken.map(parseCidr));
    t.is(free === undefined ? undefined : formatCidr(free), expected);
  });
}

for (const [wanted, taken, hit] of [
  ['10.5.0.1/16', '10.0.0.0/8', false],
  ['10.5.0.1/16', '10.5.0.0/16', true],
  ['10.5.0.1/16', '10.5.7.0/24', true],
  ['10.5.0.1/16', '10.6.0.0/24', false],
  ['10.5.0.1/16', '0.0.0.0/0', false],
] as const) {
  test(`${wanted} ${hit ? 'cannot' : 'can'} live beside ${taken}`, (t) => {
    t.is(obstacle(parseCidr(wanted), [parseCidr(taken)]) !== undefined, hit);
  });
}

for (const text of [
  '10.0.0.0/24',
  '10.0.0.255/24',
  '10.0.0.1/31',
  '10.0.0.1/7',
  '10.0.0.1',
  'nonsense',
  'fd00::1/64',
  '127.5.0.1/16',
  '224.0.0.1/24',
  '0.0.0.1/8',
]) {
  test(`--bip ${text} is refused`, (t) => {
    const error = t.throws(() => parseBip(text), { instanceOf: TskerError });
    t.is(error?.code, 'invalid');
    t.true(error?.message.startsWith(`--bip ${text}: `));
  });
}

for (const mtu of [0, 67, 65_536]) {
  test(`--mtu ${mtu} is refused`, (t) => {
    t.is(t.throws(() => checkMtu(mtu), { instanceOf: TskerError })?.code, 'invalid');
  });
}

test('an MTU from the least of IPv4 to the most of a bridge is taken', (t) => {
  t.deepEqual([68, 1400, 65_535, undefined].map(checkMtu), [68, 1400, 65_535, undefined]);
});
