import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parseCidr } from '../../../../src/network/address.ts';
import { decodeMessages } from '../../../../src/network/netlink/message.ts';
import { newRule } from '../../../../src/network/nftables/message.ts';
import { bridgeRules, removeRules, tableName } from '../../../../src/network/nftables/rules.ts';

interface Captured {
  readonly type: string;
  readonly payload: string;
}

const FIXTURES = join(import.meta.dirname, '../../../fixtures/network');
const NEWTABLE = 0xa00;
const DELTABLE = 0xa02;

const ofNft = JSON.parse(readFileSync(join(FIXTURES, 'nft.json'), 'utf8')) as Captured[];
const ours = decodeMessages(bridgeRules({ bridge: 'tsktest0', subnet: parseCidr('10.211.0.1/20') })).map(
  ({ type, payload }) => ({ type: `0x${type.toString(16)}`, payload: payload.toString('hex') }),
);

test('the chains and rules of a bridge are, byte by byte, what nft sends for them', (t) => {
  const chainsAndRules = (messages: readonly Captured[]): Captured[] =>
    messages.filter(({ type }) => type === '0xa03' || type === '0xa06');
  t.deepEqual(chainsAndRules(ours), chainsAndRules(ofNft));
  t.is(chainsAndRules(ours).length, 6);
});

test('a batch begins and ends as nft begins and ends one', (t) => {
  t.deepEqual(ours.at(0), ofNft.at(0));
  t.deepEqual(ours.at(-1), ofNft.at(-1));
});

test('the table is replaced as a whole: made, deleted, made', (t) => {
  const tables = ours.map(({ type }) => Number(type)).filter((type) => type === NEWTABLE || type === DELTABLE);
  t.deepEqual(tables, [NEWTABLE, DELTABLE, NEWTABLE]);
});

test('removing deletes the table and nothing else', (t) => {
  t.deepEqual(
    decodeMessages(removeRules('tsktest0')).map(({ type }) => type),
    [0x10, DELTABLE, 0x11],
  );
});

test('the default bridge has the plain name, any other one of its own', (t) => {
  t.is(tableName('tsker0'), 'tsker');
  t.is(tableName('br0'), 'tsker-br0');
});

test('a comment that the kernel would refuse is refused here', (t) => {
  t.throws(() => newRule({ table: 't', chain: 'c', expressions: [], comment: 'x'.repeat(200) }), {
    instanceOf: RangeError,
  });
});
