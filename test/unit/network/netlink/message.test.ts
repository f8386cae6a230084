import test from 'ava';
import {
  attribute,
  be32Attribute,
  decodeAttributes,
  decodeMessages,
  decodeText,
  encodeMessage,
  NLM,
  nested,
  textAttribute,
  u32Attribute,
} from '../../../../src/network/netlink/message.ts';

const encoded: readonly [what: string, bytes: Buffer, hex: string][] = [
  ['a number', u32Attribute(13, 0x01020304), '08000d0004030201'],
  ['a number in network order', be32Attribute(2, 100), '0800020000000064'],
  ['a negative number in network order', be32Attribute(2, -100), '08000200ffffff9c'],
  ['text, padded to four bytes', textAttribute(3, 'eth0'), '090003006574683000000000'],
  ['bytes, padded to four bytes', attribute(1, Buffer.from('0242ac110002', 'hex')), '0a0001000242ac1100020000'],
  ['no bytes', attribute(7, Buffer.alloc(0)), '04000700'],
  ['attributes in an attribute', nested(18, [u32Attribute(1, 5)]), '0c0012800800010005000000'],
];

for (const [what, bytes, hex] of encoded) {
  test(`an attribute is encoded: ${what}`, (t) => {
    t.is(bytes.toString('hex'), hex);
  });
}

test('a message has its length, type, flags and sequence number', (t) => {
  const message = encodeMessage({ type: 16, flags: NLM.ACK, sequence: 7 }, [Buffer.from('abcdef', 'hex')]);
  t.is(message.toString('hex'), '13000000100005000700000000000000abcdef00');
});

test('messages are decoded without acknowledgements and the end of a dump', (t) => {
  const acknowledgement = encodeMessage({ type: 2, flags: 0 }, [Buffer.alloc(20)]);
  const done = encodeMessage({ type: 3, flags: 0 }, [Buffer.alloc(4)]);
  const link = encodeMessage({ type: 16, flags: 0 }, [Buffer.from('0102030405', 'hex')]);
  const messages = decodeMessages(Buffer.concat([acknowledgement, link, link, done]));
  t.deepEqual(
    messages.map(({ type, payload }) => [type, payload.toString('hex')]),
    [
      [16, '0102030405'],
      [16, '0102030405'],
    ],
  );
});

test('attributes are decoded by type, their flags cut off', (t) => {
  const attributes = decodeAttributes(Buffer.concat([textAttribute(3, 'eth0'), nested(18, [u32Attribute(1, 5)])]));
  t.is(decodeText(attributes.get(3) ?? Buffer.alloc(0)), 'eth0');
  t.is(
    decodeAttributes(attributes.get(18) ?? Buffer.alloc(0))
      .get(1)
      ?.readUInt32LE(0),
    5,
  );
});

for (const [what, hex] of [
  ['shorter than its header', '0f000000100000000000000000000000'],
  ['longer than what there is', '20000000100000000000000000000000'],
] as const) {
  test(`a message ${what} is refused`, (t) => {
    t.throws(() => decodeMessages(Buffer.from(hex, 'hex')), { instanceOf: RangeError });
  });
}

for (const [what, hex] of [
  ['shorter than its header', '03000100'],
  ['longer than what there is', '0900010001020304'],
] as const) {
  test(`an attribute ${what} is refused`, (t) => {
    t.throws(() => decodeAttributes(Buffer.from(hex, 'hex')), { instanceOf: RangeError });
  });
}
