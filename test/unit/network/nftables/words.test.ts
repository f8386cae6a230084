// Rules in words: what our own encoder makes is read back as one would say it to nft, and bytes that are none are no harm.
import test from 'ava';
import { parseCidr } from '../../../../src/network/address.ts';
import { attribute, nested, textAttribute } from '../../../../src/network/netlink/message.ts';
import {
  count,
  lookUpTranslation,
  masquerade,
  matchInterface,
  matchIsTranslated,
  matchLocalDestination,
  matchMember,
  matchNetwork,
  matchPort,
  matchProtocol,
  matchState,
  verdict,
} from '../../../../src/network/nftables/expressions.ts';
import { newRule } from '../../../../src/network/nftables/message.ts';
import { decodeRules } from '../../../../src/network/nftables/words.ts';

const rule = (family: 'ip' | 'ip6', ...phrases: readonly Buffer[][]): Buffer =>
  newRule({ table: { family, name: 'tsker' }, chain: 'forward', comment: 'because', expressions: phrases.flat() });

const CASES: readonly [string, Buffer][] = [
  ['iifname "tsker0" drop', rule('ip', matchInterface('iifname', 'equal', 'tsker0'), verdict('drop'))],
  ['oifname != "br-1" masquerade', rule('ip', matchInterface('oifname', 'unequal', 'br-1'), masquerade())],
  ['ip saddr 10.0.0.0/8 accept', rule('ip', matchNetwork('saddr', parseCidr('10.0.0.0/8')), verdict('accept'))],
  ['ip daddr 10.1.2.64/26 accept', rule('ip', matchNetwork('daddr', parseCidr('10.1.2.64/26')), verdict('accept'))],
  ['ip daddr 10.1.2.3 accept', rule('ip', matchNetwork('daddr', parseCidr('10.1.2.3/32')), verdict('accept'))],
  ['ip6 saddr fd00::/64 accept', rule('ip6', matchNetwork('saddr', parseCidr('fd00::/64')), verdict('accept'))],
  ['ct state established,related accept', rule('ip', matchState(['established', 'related']), verdict('accept'))],
  ['meta l4proto udp th dport 53 accept', rule('ip', matchProtocol('udp'), matchPort('dport', 53), verdict('accept'))],
  [
    'ct status dnat ip daddr . meta l4proto . th dport @open accept',
    rule('ip', matchIsTranslated(), matchMember('open', 4), verdict('accept')),
  ],
  [
    'fib daddr type local to meta l4proto . th dport map @anywhere dnat',
    rule('ip', matchLocalDestination(), lookUpTranslation('anywhere', 4, false)),
  ],
  ['counter packets 0 bytes 0', rule('ip', count())],
];

for (const [words, bytes] of CASES) {
  test(`a rule is read as ${words}`, (t) => {
    const [decoded] = decodeRules(bytes);
    t.is(decoded?.text, words);
    t.like(decoded, { table: 'tsker', chain: 'forward', comment: 'because' });
  });
}

test('a rule says which interfaces and networks it names', (t) => {
  const bytes = rule(
    'ip',
    matchInterface('iifname', 'equal', 'tsker0'),
    matchNetwork('saddr', parseCidr('10.1.0.0/16')),
  );
  const [decoded] = decodeRules(bytes);
  t.deepEqual(decoded?.interfaces, ['tsker0']);
  t.deepEqual(decoded?.networks, [parseCidr('10.1.0.0/16')]);
});

test('expressions that nobody knows are named, and short values are no failure', (t) => {
  const unknown = Buffer.concat([textAttribute(1, 'quota'), nested(2, [attribute(1, Buffer.alloc(1))])]);
  const meta = Buffer.concat([textAttribute(1, 'cmp'), nested(2, [])]);
  t.is(decodeRules(rule('ip', [unknown, meta]))[0]?.text, 'quota cmp');
});

test('a rule that is cut short anywhere is refused or read, and never hangs', (t) => {
  const whole = rule('ip', matchNetwork('saddr', parseCidr('10.0.0.0/8')), count(), verdict('accept'));
  for (let length = 0; length < whole.length; length++) {
    const cut = Buffer.from(whole.subarray(0, length));
    if (length >= 4) cut.writeUInt32LE(length, 0);
    try {
      decodeRules(cut);
    } catch (error) {
      t.true(error instanceof RangeError, String(error));
    }
  }
  t.pass();
});
