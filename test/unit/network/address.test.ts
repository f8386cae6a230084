import test from 'ava';
import * as address from '../../../src/network/address.ts';
import { TskerError } from '../../../src/util/errors.ts';

for (const [text, number] of [
  ['0.0.0.0', 0],
  ['172.17.0.1', 0xac110001],
  ['255.255.255.255', 0xffffffff],
] as const) {
  test(`${text} is read and written`, (t) => {
    t.is(address.parseAddress(text), number);
    t.is(address.formatAddress(number), text);
    t.is(address.fromBytes(address.toBytes(number)), number);
  });
}

for (const text of [
  '',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '01.2.3.4',
  '1.2.3.-4',
  '1.2.3.4 ',
  'a.b.c.d',
  '1.2.3.4\n',
  '1..2.3',
]) {
  test(`${JSON.stringify(text)} is no address`, (t) => {
    t.is(t.throws(() => address.parseAddress(text), { instanceOf: TskerError })?.code, 'invalid');
  });
}

for (const text of ['1.2.3.4', '1.2.3.4/33', '1.2.3.4/', '1.2.3.4/-1', '1.2.3.4/8/8', '/8', '1.2.3.4/0x8', '::1/64']) {
  test(`${text} is no address with a prefix length`, (t) => {
    t.is(t.throws(() => address.parseCidr(text), { instanceOf: TskerError })?.code, 'invalid');
  });
}

for (const [text, network, broadcast] of [
  ['172.17.3.4/16', '172.17.0.0', '172.17.255.255'],
  ['10.0.0.129/25', '10.0.0.128', '10.0.0.255'],
  ['10.0.0.1/32', '10.0.0.1', '10.0.0.1'],
  ['10.0.0.1/0', '0.0.0.0', '255.255.255.255'],
  ['200.0.0.1/1', '128.0.0.0', '255.255.255.255'],
] as const) {
  test(`${text} lies between ${network} and ${broadcast}`, (t) => {
    const cidr = address.parseCidr(text);
    t.is(address.formatAddress(address.networkOf(cidr)), network);
    t.is(address.formatAddress(address.broadcastOf(cidr)), broadcast);
    t.is(address.formatCidr(cidr), text);
    t.true(address.contains(cidr, address.parseAddress(network)));
    t.true(address.contains(cidr, address.parseAddress(broadcast)));
  });
}

for (const [a, b, expected] of [
  ['10.0.0.0/8', '10.1.0.0/16', true],
  ['10.1.0.0/16', '10.0.0.0/8', true],
  ['10.0.0.0/24', '10.0.1.0/24', false],
  ['0.0.0.0/0', '10.0.1.0/24', true],
  ['10.0.0.0/25', '10.0.0.128/25', false],
] as const) {
  test(`${a} and ${b} ${expected ? 'overlap' : 'do not overlap'}`, (t) => {
    t.is(address.overlaps(address.parseCidr(a), address.parseCidr(b)), expected);
  });
}
