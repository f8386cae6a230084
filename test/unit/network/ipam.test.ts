import test from 'ava';
import { formatAddress, parseAddress, parseCidr } from '../../../src/network/address.ts';
import { Addresses, nextFree, type Pool } from '../../../src/network/ipam.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { TskerError } from '../../../src/util/errors.ts';

interface Case {
  readonly what: string;
  readonly subnet: string;
  readonly last: string;
  readonly taken: readonly string[];
  readonly next: string | undefined;
}

const cases: readonly Case[] = [
  { what: 'the one after the last', subnet: '10.0.0.0/24', last: '10.0.0.1', taken: ['10.0.0.1'], next: '10.0.0.2' },
  { what: 'not one given back just now', subnet: '10.0.0.0/24', last: '10.0.0.7', taken: [], next: '10.0.0.8' },
  {
    what: 'past those taken',
    subnet: '10.0.0.0/24',
    last: '10.0.0.1',
    taken: ['10.0.0.2', '10.0.0.3'],
    next: '10.0.0.4',
  },
  {
    what: 'from the start again after the end',
    subnet: '10.0.0.0/24',
    last: '10.0.0.254',
    taken: ['10.0.0.1'],
    next: '10.0.0.2',
  },
  { what: 'never the broadcast address', subnet: '10.0.0.0/30', last: '10.0.0.2', taken: [], next: '10.0.0.1' },
  { what: 'the last one left', subnet: '10.0.0.0/30', last: '10.0.0.1', taken: ['10.0.0.1'], next: '10.0.0.2' },
  {
    what: 'none when all are taken',
    subnet: '10.0.0.0/30',
    last: '10.0.0.1',
    taken: ['10.0.0.1', '10.0.0.2'],
    next: undefined,
  },
  {
    what: 'from the start when the last is of another subnet',
    subnet: '10.0.0.0/24',
    last: '192.168.0.9',
    taken: [],
    next: '10.0.0.1',
  },
  { what: 'both of a /31', subnet: '10.0.0.0/31', last: '10.0.0.0', taken: ['10.0.0.0'], next: '10.0.0.1' },
  { what: 'the only one of a /32', subnet: '10.0.0.5/32', last: '10.0.0.5', taken: [], next: '10.0.0.5' },
  {
    what: 'high in the address space',
    subnet: '255.255.255.0/24',
    last: '255.255.255.1',
    taken: [],
    next: '255.255.255.2',
  },
];

for (const { what, subnet, last, taken, next } of cases) {
  test(`the next address is ${what}`, (t) => {
    const found = nextFree({ subnet: parseCidr(subnet) }, parseAddress(last), (address) =>
      taken.includes(formatAddress(address)),
    );
    t.is(found === undefined ? undefined : formatAddress(found), next);
  });
}

const pool: Pool = {
  networkId: 'n',
  networkName: 'bridge',
  subnet: parseCidr('10.0.0.0/29'),
  reserved: [parseAddress('10.0.0.1')],
};

function allot(addresses: Addresses, owner: string): string {
  return formatAddress(addresses.allot(pool, owner));
}

test('owners get addresses of their own, the gateway is nobody’s', (t) => {
  const addresses = new Addresses(openDatabase(':memory:'));
  t.deepEqual(
    ['a', 'b', 'c'].map((owner) => allot(addresses, owner)),
    ['10.0.0.2', '10.0.0.3', '10.0.0.4'],
  );
});

test('an owner that asks again gets the same', (t) => {
  const addresses = new Addresses(openDatabase(':memory:'));
  t.is(allot(addresses, 'a'), allot(addresses, 'a'));
});

test('an address given back is the last to be given out again', (t) => {
  const addresses = new Addresses(openDatabase(':memory:'));
  allot(addresses, 'a');
  addresses.release('a');
  t.deepEqual(
    ['b', 'c', 'd', 'e', 'f'].map((owner) => allot(addresses, owner)),
    ['10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.2'],
  );
});

test('after a crash what was given out is still taken', (t) => {
  const db = openDatabase(':memory:');
  allot(new Addresses(db), 'a');
  t.is(allot(new Addresses(db), 'b'), '10.0.0.3');
});

test('an address of an earlier subnet is exchanged for one of this', (t) => {
  const addresses = new Addresses(openDatabase(':memory:'));
  allot(addresses, 'a');
  const moved: Pool = { ...pool, subnet: parseCidr('10.9.0.0/29'), reserved: [parseAddress('10.9.0.1')] };
  t.is(formatAddress(addresses.allot(moved, 'a')), '10.9.0.2');
});

test('an exhausted subnet is an error that names it', (t) => {
  const addresses = new Addresses(openDatabase(':memory:'));
  for (const owner of ['a', 'b', 'c', 'd', 'e']) allot(addresses, owner);
  const error = t.throws(() => allot(addresses, 'f'), { instanceOf: TskerError });
  t.is(error?.code, 'unavailable');
  t.true(error?.hint?.includes('10.0.0.0/29'));
});

test('addresses nobody asked for come from the range, those asked for from the whole subnet', (t) => {
  const addresses = new Addresses(openDatabase(':memory:'));
  const ranged: Pool = { ...pool, subnet: parseCidr('10.0.0.0/24'), range: parseCidr('10.0.0.128/30') };
  const given = ['a', 'b', 'c', 'd'].map((owner) => formatAddress(addresses.allot(ranged, owner)));
  t.deepEqual(given, ['10.0.0.128', '10.0.0.129', '10.0.0.130', '10.0.0.131']);
  t.throws(() => addresses.allot(ranged, 'e'), { instanceOf: TskerError });
  t.is(formatAddress(addresses.claim(ranged, parseAddress('10.0.0.9'), 'e')), '10.0.0.9');
});

test('an address that is another’s or set aside cannot be claimed', (t) => {
  const addresses = new Addresses(openDatabase(':memory:'));
  addresses.claim(pool, parseAddress('10.0.0.5'), 'a');
  t.notThrows(() => addresses.claim(pool, parseAddress('10.0.0.5'), 'a'));
  for (const text of ['10.0.0.5', '10.0.0.1']) {
    const error = t.throws(() => addresses.claim(pool, parseAddress(text), 'b'), { instanceOf: TskerError });
    t.is(error?.message, 'Address already in use');
  }
});

test('a network that is left or gone frees its addresses and no others', (t) => {
  const addresses = new Addresses(openDatabase(':memory:'));
  const other: Pool = { ...pool, networkId: 'm' };
  addresses.claim(pool, parseAddress('10.0.0.5'), 'a');
  addresses.claim(other, parseAddress('10.0.0.5'), 'a');
  addresses.release('a', 'n');
  t.notThrows(() => addresses.claim(pool, parseAddress('10.0.0.5'), 'b'));
  t.throws(() => addresses.claim(other, parseAddress('10.0.0.5'), 'b'));
  addresses.forget('m');
  t.notThrows(() => addresses.claim(other, parseAddress('10.0.0.5'), 'b'));
});

test('an IPv6 subnet gives its addresses in order, and has no broadcast address', (t) => {
  const addresses = new Addresses(openDatabase(':memory:'));
  const v6: Pool = { ...pool, subnet: parseCidr('fd00::/126'), reserved: [parseAddress('fd00::1')] };
  t.deepEqual(
    ['a', 'b'].map((owner) => formatAddress(addresses.allot(v6, owner))),
    ['fd00::2', 'fd00::3'],
  );
});
