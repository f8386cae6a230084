import test from 'ava';
import { parseAddress } from '../../../../src/network/address.ts';
import { setLinkDown, suppressNeighbours } from '../../../../src/network/netlink/link.ts';
import {
  addForward,
  addNeighbour,
  deleteForward,
  deleteNeighbour,
  FLOOD,
} from '../../../../src/network/netlink/neighbour.ts';
import { createVxlan } from '../../../../src/network/netlink/vxlan.ts';

const mac = Buffer.from('0242ac110002', 'hex');
const remote = parseAddress('192.0.2.7');

/** As in link.test.ts; every one of these was accepted by a kernel (integration). */
for (const [what, bytes, hex] of [
  [
    'a tunnel',
    createVxlan({ name: 'vx-1', master: 4, id: 256, local: parseAddress('192.0.2.1'), mtu: 1450 }),
    [
      '70000000 1000 0506 00000000 00000000',
      '00000000 00000000 01000000 01000000',
      '0900 0300 76782d3100 000000',
      '0800 0400 aa050000',
      '0800 0a00 04000000',
      '3400 1280 0a00 0100 76786c616e00 0000',
      '2400 0280 0800 0100 00010000 0800 0400 c0000201 0500 0700 00 000000 0600 0f00 12b5 0000',
    ],
  ],
  [
    'a port behind which neighbours are known',
    suppressNeighbours(9),
    [
      '3c000000 1000 0500 00000000 00000000',
      '00000000 09000000 00000000 00000000',
      '1c00 1280 0b00 0400 627269646765 0000 0c00 0580 0500 2000 01 000000',
    ],
  ],
  [
    'a link that goes down',
    setLinkDown(9),
    ['20000000 1000 0500 00000000 00000000', '00000000 09000000 00000000 01000000'],
  ],
  [
    'one more host for broadcasts',
    addForward({ index: 9, mac: FLOOD, remote }),
    [
      '30000000 1c00 050c 00000000 00000000',
      '07 00 0000 09000000 8000 02 00',
      '0a00 0200 000000000000 0000',
      '0800 0100 c0000207',
    ],
  ],
  [
    'the host of a MAC',
    addForward({ index: 9, mac, remote }),
    [
      '30000000 1c00 0505 00000000 00000000',
      '07 00 0000 09000000 8000 02 00',
      '0a00 0200 0242ac110002 0000',
      '0800 0100 c0000207',
    ],
  ],
  [
    'the port of a MAC, no more',
    deleteForward({ index: 9, mac }),
    ['28000000 1d00 0500 00000000 00000000', '07 00 0000 09000000 4000 04 00', '0a00 0200 0242ac110002 0000'],
  ],
  [
    'a neighbour for good',
    addNeighbour({ index: 4, address: parseAddress('10.0.0.2'), mac }),
    [
      '30000000 1c00 0505 00000000 00000000',
      '02 00 0000 04000000 8000 00 00',
      '0800 0100 0a000002',
      '0a00 0200 0242ac110002 0000',
    ],
  ],
  [
    'a neighbour no more',
    deleteNeighbour({ index: 4, address: parseAddress('10.0.0.2') }),
    ['24000000 1d00 0500 00000000 00000000', '02 00 0000 04000000 0000 00 00', '0800 0100 0a000002'],
  ],
] as const) {
  test(`message: ${what}`, (t) => {
    t.is(bytes.toString('hex'), hex.join('').replaceAll(' ', ''));
  });
}
