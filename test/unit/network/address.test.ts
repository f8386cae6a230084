import test from 'ava';
import * as address from '../../../src/network/address.ts';
import { TskerError } from '../../../src/util/errors.ts';

for (const [text, number] of [
  ['0.0.0.0', 0n],
  ['172.17.0.1', 0xac110001n],
  ['255.255.255.255', 0xffffffffn],
  ['::', 0n],
  ['::1', 1n],
  ['fd00:0:0:1::2', 0xfd000000000000010000000000000002n],
  ['1:2:3:4:5:6:7:8', 0x00010002000300040005000600070008n],
  ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 2n ** 128n - 1n],
] as const) {
  test(`${text} is read and written`, (t) => {
    const ip = address.parseAddress(text);
    t.is(ip.value, number);
    t.is(ip.family, text.includes(':') ? 6 : 4);
    t.is(address.formatAddress(ip), text);
    t.deepEqual(address.fromBytes(address.toBytes(ip)), ip);
  });
}

for (const [text, canonical] of [
  ['0:0:0:0:0:0:0:1', '::1'],
  ['::ffff:1.2.3.4', '::ffff:102:304'],
  ['FD00::A', 'fd00::a'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
] as const) {
  test(`${text} is written ${canonical}`, (t) => {
    t.is(address.formatAddress(address.parseAddress(text)), canonical);
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
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8:9',
  '12345::',
  'fe80::1%eth0',
  '::1.2.3',
]) {
  test(`${JSON.stringify(text)} is no address`, (t) => {
    t.is(t.throws(() => address.parseAddress(text), { instanceOf: TskerError })?.code, 'invalid');
  });
}

for (const text of [
  '1.2.3.4',
  '1.2.3.4/33',
  '1.2.3.4/',
  '1.2.3.4/-1',
  '1.2.3.4/8/8',
  '/8',
  '1.2.3.4/0x8',
  '::1/129',
  '::1',
]) {
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
  ['fd00::1:2/112', 'fd00::1:0', 'fd00::1:ffff'],
  ['fd00::1/128', 'fd00::1', 'fd00::1'],
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
  ['fd00::/64', 'fd00::1:0/112', true],
  ['::/0', '10.0.0.0/8', false],
] as const) {
  test(`${a} and ${b} ${expected ? 'overlap' : 'do not overlap'}`, (t) => {
    t.is(address.overlaps(address.parseCidr(a), address.parseCidr(b)), expected);
  });
}
