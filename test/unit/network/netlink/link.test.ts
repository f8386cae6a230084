import test from 'ava';
import { parseAddress } from '../../../../src/network/address.ts';
import { macOfAddress } from '../../../../src/network/mac.ts';
import * as link from '../../../../src/network/netlink/link.ts';
import { encodeMessage } from '../../../../src/network/netlink/message.ts';

const mac = macOfAddress(parseAddress('172.17.0.2'));

/** Length, type and flags, sequence and port; then the payload. Every one of these was accepted by a kernel (integration). */
const requests: readonly [what: string, bytes: Buffer, hex: readonly string[]][] = [
  [
    'a bridge',
    link.createBridge({ name: 'tsker0', mac, mtu: 1400 }),
    [
      '50000000 1000 0506 00000000 00000000',
      '00000000 00000000 01000000 01000000',
      '0b00 0300 74736b65723000 00',
      '0a00 0100 0242ac110002 0000',
      '0800 0400 78050000',
      '1000 1280 0b00 0100 627269646765 0000',
    ],
  ],
  [
    'a link that goes up',
    link.setLinkUp(1),
    ['20000000 1000 0500 00000000 00000000', '00000000 01000000 01000000 01000000'],
  ],
  [
    'a link to delete',
    link.deleteLink('tsk0'),
    ['2c000000 1100 0500 00000000 00000000', '00000000 00000000 00000000 00000000', '0900 0300 74736b3000 000000'],
  ],
  [
    'a port of a bridge to keep apart',
    link.isolatePort(9),
    [
      '3c000000 1000 0500 00000000 00000000',
      '00000000 09000000 00000000 00000000',
      '1c00 1280 0b00 0400 627269646765 0000',
      '0c00 0580 0500 2100 01 000000',
    ],
  ],
  [
    'a macvlan in another namespace',
    link.createSubinterface({ kind: 'macvlan', mode: 4, parent: 3, name: 'eth0', index: 9, mac, namespace: 6 }),
    [
      '64000000 1000 0506 00000000 00000000',
      '00000000 09000000 00000000 00000000',
      '0900 0300 6574683000 000000',
      '0800 0500 03000000',
      '0a00 0100 0242ac110002 0000',
      '0800 1c00 06000000',
      '1c00 1280 0c00 0100 6d6163766c616e00',
      '0c00 0280 0800 0100 04000000',
    ],
  ],
  [
    'an ipvlan in another namespace',
    link.createSubinterface({ kind: 'ipvlan', mode: 1, parent: 3, name: 'eth0', index: 9, namespace: 6 }),
    [
      '58000000 1000 0506 00000000 00000000',
      '00000000 09000000 00000000 00000000',
      '0900 0300 6574683000 000000',
      '0800 0500 03000000',
      '0800 1c00 06000000',
      '1c00 1280 0b00 0100 697076 6c616e00 00',
      '0c00 0280 0600 0100 0100 0000',
    ],
  ],
  [
    'a veth pair',
    link.createVeth({ name: 'veth1', master: 4, peerName: 'eth0', peerMac: mac, peerNamespace: 6, index: 9 }),
    [
      '7c000000 1000 0506 00000000 00000000',
      '00000000 09000000 01000000 01000000',
      '0a00 0300 766574683100 0000',
      '0800 0a00 04000000',
      '4800 1280 0900 0100 7665746800 000000',
      '3800 0280 3400 0100',
      '00000000 09000000 00000000 00000000',
      '0900 0300 6574683000 000000',
      '0a00 0100 0242ac110002 0000',
      '0800 1c00 06000000',
    ],
  ],
];

for (const [what, bytes, hex] of requests) {
  test(`rtnetlink is told of ${what}`, (t) => {
    t.is(bytes.toString('hex'), hex.join('').replaceAll(' ', ''));
  });
}

test('links are read from a dump', (t) => {
  const bridge = encodeMessage({ type: 16, flags: 2 }, [link.createBridge({ name: 'tsker0', mac }).subarray(16)]);
  t.deepEqual(link.decodeLinks(bridge), [
    { index: 0, name: 'tsker0', up: true, kind: 'bridge', master: undefined, mac: Buffer.from(mac) },
  ]);
});
