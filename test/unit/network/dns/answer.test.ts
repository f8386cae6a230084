import { randomBytes, randomInt } from 'node:crypto';
import test from 'ava';
import { parseAddress } from '../../../../src/network/address.ts';
import { answerQuery } from '../../../../src/network/dns/answer.ts';
import { Directory, type Member, reverseName } from '../../../../src/network/dns/directory.ts';
import {
  type Answer,
  BadQuery,
  encodeReply,
  isReplyTo,
  parseQuery,
  RCODES,
} from '../../../../src/network/dns/message.ts';

const TYPE = { A: 1, PTR: 12, MX: 15, AAAA: 28 } as const;

function query(name: string, type: number, { id = 7, flags = 0x0100, edns = 0 } = {}): Buffer {
  const labels =
    name === '' ? [] : name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  const head = Buffer.alloc(12);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(flags, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(edns > 0 ? 1 : 0, 10);
  const opt = Buffer.from([0, 0, 41, edns >> 8, edns & 0xff, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, type, 0, 1]), ...(edns > 0 ? [opt] : [])]);
}

interface Reply {
  readonly rcode: number;
  readonly truncated: boolean;
  readonly answers: readonly string[];
}

/** Reads back what encodeReply writes, by RFC 1035. */
function readReply(bytes: Buffer): Reply {
  let at = 12;
  while (bytes[at] !== 0) at += (bytes[at] ?? 0) + 1;
  at += 5;
  const answers: string[] = [];
  for (let left = bytes.readUInt16BE(6); left > 0; left -= 1) {
    const length = bytes.readUInt16BE(at + 10);
    const data = bytes.subarray(at + 12, at + 12 + length);
    answers.push(bytes.readUInt16BE(at + 2) === TYPE.PTR ? labelsOf(data) : data.toString('hex'));
    at += 12 + length;
  }
  const flags = bytes.readUInt16BE(2);
  return { rcode: flags & 0xf, truncated: (flags & 0x0200) !== 0, answers };
}

function labelsOf(data: Buffer): string {
  const labels: string[] = [];
  for (let at = 0; (data[at] ?? 0) > 0; at += (data[at] ?? 0) + 1) {
    labels.push(data.toString('latin1', at + 1, at + 1 + (data[at] ?? 0)));
  }
  return labels.join('.');
}

function member(containerId: string, change: Partial<Member> = {}): Member {
  const name = change.name ?? containerId;
  return {
    ...{
      containerId,
      name,
      networkId: 'n',
      networkName: 'net',
      names: [name],
      addresses: [],
      links: [],
      isolated: false,
    },
    ...change,
  };
}

const directory = new Directory();
directory.add(member('aaaaaaaaaaaaaaaa', { name: 'web', names: ['web', 'Front'], addresses: ['10.0.0.2', 'fd00::2'] }));
directory.add(member('bbbbbbbbbbbbbbbb', { name: 'db', names: ['db', 'pool'], addresses: ['10.0.0.3'] }));
directory.add(
  member('cccccccccccccccc', { name: 'db2', names: ['db2', 'pool'], addresses: ['10.0.0.4'], links: ['db:store'] }),
);
directory.add(
  member('dddddddddddddddd', {
    name: 'far',
    networkId: 'm',
    networkName: 'other',
    addresses: ['10.0.1.2'],
    isolated: true,
  }),
);
directory.add(
  member('eeeeeeeeeeeeeeee', {
    name: 'db',
    names: ['db'],
    networkId: 'm',
    networkName: 'other',
    addresses: ['10.0.1.3'],
    isolated: true,
  }),
);

function ask(containerId: string, name: string, type: number, options: object = {}): Reply | 'forward' {
  const asked = { directory, containerId, over: 'udp', random: () => 0.5 } as const;
  const outcome = answerQuery(query(name, type, options), asked);
  return 'forward' in outcome ? 'forward' : readReply(outcome.reply ?? Buffer.alloc(0));
}

const WEB = 'aaaaaaaaaaaaaaaa';

for (const [who, name, type, answers] of [
  [WEB, 'db', TYPE.A, ['0a000003']],
  [WEB, 'DB', TYPE.A, ['0a000003']],
  [WEB, 'db.net', TYPE.A, ['0a000003']],
  [WEB, 'bbbbbbbbbbbb', TYPE.A, ['0a000003']],
  [WEB, 'front', TYPE.A, ['0a000002']],
  [WEB, 'web', TYPE.AAAA, [`fd00${'0'.repeat(26)}02`]],
  [WEB, 'db', TYPE.AAAA, []],
  [WEB, 'pool', TYPE.A, ['0a000003', '0a000004']],
  [WEB, '3.0.0.10.in-addr.arpa', TYPE.PTR, ['db.net']],
  [WEB, `2.${'0.'.repeat(27)}0.0.d.f.ip6.arpa`, TYPE.PTR, ['web.net']],
  ['cccccccccccccccc', 'store', TYPE.A, ['0a000003']],
  ['dddddddddddddddd', 'db', TYPE.A, ['0a000103']],
] as const) {
  test(`${who.slice(0, 1)} is told of ${name} (type ${type}): ${answers.join(', ') || 'nothing, and no error'}`, (t) => {
    const reply = ask(who, name, type);
    t.deepEqual(reply, { rcode: RCODES.noError, truncated: false, answers });
  });
}

for (const [what, who, name, type] of [
  ['a name that nobody has', WEB, 'example.org', TYPE.A],
  ['a name of another network', WEB, 'far', TYPE.A],
  ['another network’s suffix', WEB, 'far.other', TYPE.A],
  ['a link of somebody else', WEB, 'store', TYPE.A],
  ['a type that is not of addresses', WEB, 'db', TYPE.MX],
  ['an address that nobody has', WEB, '9.9.9.9.in-addr.arpa', TYPE.PTR],
] as const) {
  test(`somebody else is asked for ${what}`, (t) => {
    t.is(ask(who, name, type), 'forward');
  });
}

test('on networks that lead nowhere nobody else is asked', (t) => {
  t.deepEqual(ask('dddddddddddddddd', 'example.org', TYPE.A), {
    rcode: RCODES.serverFailure,
    truncated: false,
    answers: [],
  });
});

test('an answer that is too long for UDP is cut and says so; a client that takes more gets more', (t) => {
  const crowd = new Directory();
  for (let index = 0; index < 60; index += 1) {
    crowd.add(member(`m${index}`, { names: ['crowd'], addresses: [`10.9.0.${index}`] }));
  }
  const asked = { directory: crowd, containerId: 'm0', random: Math.random } as const;
  const answer = (over: 'udp' | 'tcp', edns: number): Reply => {
    const outcome = answerQuery(query('crowd', TYPE.A, { edns }), { ...asked, over });
    return readReply(('reply' in outcome ? outcome.reply : undefined) ?? Buffer.alloc(0));
  };
  t.is(answer('udp', 0).truncated, true);
  t.is(answer('udp', 0).answers.length, 30);
  t.is(answer('udp', 4096).answers.length, 60);
  t.is(answer('tcp', 0).answers.length, 60);
});

test('who leaves, or has another name, is found accordingly', (t) => {
  const own = new Directory();
  own.add(member('x1', { name: 'one', addresses: ['10.0.0.2'] }));
  own.add(member('x2', { name: 'two', names: ['two', 'alias'], addresses: ['10.0.0.3'] }));
  own.rename('x2', 'three');
  t.is(own.lookup('x1', 'two'), undefined);
  t.deepEqual(own.lookup('x1', 'three'), ['10.0.0.3']);
  t.deepEqual(own.lookup('x1', 'alias'), ['10.0.0.3']);
  t.is(own.reverse('x1', '10.0.0.3'), 'three.net');
  own.remove('x2');
  t.is(own.lookup('x1', 'three'), undefined);
  t.is(own.reverse('x1', '10.0.0.3'), undefined);
  own.remove('x1', 'n');
  t.false(own.hasMembers('n'));
});

for (const [what, bytes, reply] of [
  ['nothing', Buffer.alloc(0), undefined],
  ['half a header', Buffer.alloc(11), undefined],
  ['an answer', query('db', 1, { flags: 0x8100 }), undefined],
  ['another opcode', query('db', 1, { flags: 0x2800 }), RCODES.notImplemented],
  ['two questions', twoQuestions(), RCODES.formatError],
  ['a name without an end', query('db', 1).subarray(0, 15), RCODES.formatError],
  ['a question without its type', query('db', 1).subarray(0, 16), RCODES.formatError],
  [
    'a pointer in the question',
    Buffer.concat([query('', 1).subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])]),
    RCODES.formatError,
  ],
  ['a name that is too long', query(Array.from({ length: 10 }, () => 'x'.repeat(60)).join('.'), 1), RCODES.formatError],
] as const) {
  test(`${what} is ${reply === undefined ? 'met with silence' : `refused with ${reply}`}`, (t) => {
    const parsed = parseQuery(bytes);
    t.true(parsed instanceof BadQuery);
    t.is(
      parsed instanceof BadQuery ? parsed.reply?.readUInt16BE(2) : 0,
      reply === undefined ? undefined : flagsOf(bytes, reply),
    );
  });
}

function twoQuestions(): Buffer {
  const bytes = query('db', 1);
  bytes.writeUInt16BE(2, 4);
  return bytes;
}

function flagsOf(bytes: Buffer, rcode: number): number {
  return 0x8000 | (bytes.readUInt16BE(2) & 0x7900) | rcode;
}

test('no packet, however it is made, does anything but be answered or be met with silence', (t) => {
  const seeds = [query('db', 1), query('pool', 28, { edns: 1232 }), query('3.0.0.10.in-addr.arpa', 12)];
  for (let round = 0; round < 20_000; round += 1) {
    const seed = Buffer.from(seeds[round % seeds.length] ?? Buffer.alloc(0));
    for (let flips = randomInt(1, 6); flips > 0; flips -= 1) seed[randomInt(seed.length)] = randomInt(256);
    const bytes = round % 4 === 0 ? randomBytes(randomInt(64)) : seed.subarray(0, randomInt(1, seed.length + 1));
    const outcome = answerQuery(bytes, { directory, containerId: WEB, over: 'udp', random: Math.random });
    const reply = 'forward' in outcome ? outcome.failure : outcome.reply;
    if (reply === undefined) continue;
    if (reply.length > 4096 && !('forward' in outcome)) t.true(reply.length <= 65_535);
    if (!isReplyTo(reply, bytes)) t.fail(`not an answer to ${bytes.toString('hex')}: ${reply.toString('hex')}`);
  }
  t.pass();
});

test('names that are too long for DNS do not make a message nobody can read', (t) => {
  const parsed = parseQuery(query('2.0.0.10.in-addr.arpa', TYPE.PTR));
  if (parsed instanceof BadQuery) return t.fail();
  const answers: Answer[] = [{ pointer: `${'x'.repeat(100)}.net` }];
  const reply = encodeReply(parsed, answers, { rcode: 0, limit: 512 });
  t.deepEqual(readReply(reply).answers, [`${'x'.repeat(63)}.net`]);
});

for (const [name, address] of [
  ['2.0.18.172.in-addr.arpa', '172.18.0.2'],
  ['2.0.18.999.in-addr.arpa', undefined],
  ['0.18.172.in-addr.arpa', undefined],
  ['2.0.18.172.in-addr.arpa.example.org', undefined],
  [`1.${'0.'.repeat(27)}0.0.d.f.ip6.arpa`, 'fd00::1'],
  ['1.0.ip6.arpa', undefined],
] as const) {
  test(`${name} is ${address ?? 'nobody’s address'}`, (t) => {
    t.is(reverseName(name), address);
    if (address !== undefined) t.notThrows(() => parseAddress(address));
  });
}
