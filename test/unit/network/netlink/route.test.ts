import test from 'ava';
import { parseAddress, parseCidr } from '../../../../src/network/address.ts';
import * as route from '../../../../src/network/netlink/route.ts';

/** As in link.test.ts. */
const requests: readonly [what: string, bytes: Buffer, hex: readonly string[]][] = [
  [
    'an address',
    route.addAddress(5, parseCidr('172.17.0.2/16')),
    [
      '30000000 1400 0506 00000000 00000000',
      '02 10 00 00 05000000',
      '0800 0200 ac110002',
      '0800 0100 ac110002',
      '0800 0400 ac11ffff',
    ],
  ],
  [
    'an IPv6 address, usable at once',
    route.addAddress(5, parseCidr('fd00::2/64')),
    [
      '40000000 1400 0506 00000000 00000000',
      '0a 40 02 00 05000000',
      '1400 0200 fd000000000000000000000000000002',
      '1400 0100 fd000000000000000000000000000002',
    ],
  ],
  [
    'a default route by an interface',
    route.addDeviceRoute(4, 9),
    ['24000000 1800 0506 00000000 00000000', '02 00 00 00 fe 03 fd 01 00000000', '0800 0400 09000000'],
  ],
  [
    'the default route to take away',
    route.deleteDefaultRoute(6),
    ['1c000000 1900 0500 00000000 00000000', '0a 00 00 00 fe 03 ff 01 00000000'],
  ],
  [
    'the default route',
    route.addDefaultRoute(parseAddress('172.17.0.1')),
    ['24000000 1800 0506 00000000 00000000', '02 00 00 00 fe 03 00 01 00000000', '0800 0500 ac110001'],
  ],
];

for (const [what, bytes, hex] of requests) {
  test(`rtnetlink is told of ${what}`, (t) => {
    t.is(bytes.toString('hex'), hex.join('').replaceAll(' ', ''));
  });
}

test('addresses are read from a dump, those of families that are not IP left out', (t) => {
  const own = route.addAddress(5, parseCidr('10.0.0.1/8'));
  const other = Buffer.from(own);
  other[16] = 7;
  t.deepEqual(route.decodeAddresses(Buffer.concat([own, other])), [{ index: 5, ...parseCidr('10.0.0.1/8') }]);
});

test('routes are read from a dump, those of other tables left out', (t) => {
  const own = route.addDefaultRoute(parseAddress('10.0.0.1'));
  const local = Buffer.from(own);
  local[20] = 255;
  t.deepEqual(route.decodeRoutes(Buffer.concat([own, local])), [
    { family: 4, address: 0n, prefixLength: 0, outputIndex: undefined },
  ]);
});
