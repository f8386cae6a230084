import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parseCidr } from '../../../../src/network/address.ts';
import { nameServerOps } from '../../../../src/network/dns/setup.ts';
import { decodeMessages } from '../../../../src/network/netlink/message.ts';
import { newRule } from '../../../../src/network/nftables/message.ts';
import { type BridgeRules, removeTable, replaceTable, tableName } from '../../../../src/network/nftables/rules.ts';

interface Captured {
  readonly type: string;
  readonly payload: string;
}

const FIXTURES = join(import.meta.dirname, '../../../fixtures/network');
const NEWTABLE = 0xa00;
const DELTABLE = 0xa02;

function ofNft(name: string): Captured[] {
  return JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')) as Captured[];
}

function captured(batch: Uint8Array): Captured[] {
  return decodeMessages(Buffer.from(batch)).map(({ type, payload }) => ({
    type: `0x${type.toString(16)}`,
    payload: payload.toString('hex'),
  }));
}

function chainsAndRules(messages: readonly Captured[]): Captured[] {
  return messages.filter(({ type }) => type === '0xa03' || type === '0xa06');
}

const bridges: readonly BridgeRules[] = [
  {
    bridge: 'tsktest0',
    subnets: ['10.211.0.1/20', 'fd00:211::1/64'].map(parseCidr),
    ...{ masquerade: true, internal: false, icc: true },
  },
  { bridge: 'tskin0', subnets: [parseCidr('10.212.0.1/20')], masquerade: true, internal: true, icc: false },
];
const name = 'tsker-tsktest0';
const ours = captured(replaceTable({ family: 'ip', name }, { bridges, publishing: undefined }));

for (const [family, fixture] of [
  ['ip', 'bridge'],
  ['ip6', 'bridge6'],
] as const) {
  test(`the chains and rules of bridges in family ${family} are, byte by byte, what nft sends for them`, (t) => {
    const batch = captured(replaceTable({ family, name }, { bridges, publishing: undefined }));
    t.deepEqual(chainsAndRules(batch), chainsAndRules(ofNft(fixture)));
    t.is(chainsAndRules(batch).length, 9);
  });
}

test('the translation to the name server is, byte by byte, what nft sends for it', (t) => {
  const op = nameServerOps(61_234, 7).at(-1);
  const messages = op?.op === 'NETLINK' ? captured(op.messages) : [];
  t.deepEqual(chainsAndRules(messages), chainsAndRules(ofNft('names')));
  t.is(chainsAndRules(messages).length, 3);
});

test('a batch begins and ends as nft begins and ends one', (t) => {
  const theirs = ofNft('bridge');
  t.deepEqual(ours.at(0), theirs.at(0));
  t.deepEqual(ours.at(-1), theirs.at(-1));
});

test('the table is replaced as a whole: made, deleted, made', (t) => {
  const tables = ours.map(({ type }) => Number(type)).filter((type) => type === NEWTABLE || type === DELTABLE);
  t.deepEqual(tables, [NEWTABLE, DELTABLE, NEWTABLE]);
});

test('removing deletes the table and nothing else, whether it was there or not', (t) => {
  t.deepEqual(
    decodeMessages(removeTable({ family: 'ip', name })).map(({ type }) => type),
    [0x10, NEWTABLE, DELTABLE, 0x11],
  );
});

test('what is not to be masqueraded is not', (t) => {
  const plain = captured(
    replaceTable(
      { family: 'ip', name },
      { bridges: bridges.map((one) => ({ ...one, masquerade: false })), publishing: undefined },
    ),
  );
  t.is(chainsAndRules(plain).length, 8);
});

test('the default bridge has the plain name, any other one of its own', (t) => {
  t.is(tableName('tsker0'), 'tsker');
  t.is(tableName('br0'), 'tsker-br0');
});

test('a comment that the kernel would refuse is refused here', (t) => {
  const table = { family: 'ip', name: 't' } as const;
  t.throws(() => newRule({ table, chain: 'c', expressions: [], comment: 'x'.repeat(200) }), { instanceOf: RangeError });
});
