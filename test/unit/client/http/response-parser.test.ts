import test from 'ava';
import { ResponseParser } from '../../../../src/client/http/response-parser.ts';
import { TskerError } from '../../../../src/util/errors.ts';

interface Seen {
  status?: number;
  headers?: Record<string, string>;
  body: string;
  ended: boolean;
  rest?: string;
}

/** Feeds `text` in pieces of `size` bytes and tells what the sink saw. */
function parse(text: string, options: { method?: string; size?: number; close?: boolean } = {}): Seen {
  const seen: Seen = { body: '', ended: false };
  const parser = new ResponseParser(options.method ?? 'GET', {
    onHead: (head) => {
      seen.status = head.status;
      seen.headers = Object.fromEntries(head.headers);
    },
    onData: (piece) => {
      seen.body += piece.toString();
    },
    onEnd: () => {
      seen.ended = true;
    },
    onUpgrade: (rest) => {
      seen.rest = rest.toString();
    },
  });
  const bytes = Buffer.from(text);
  const size = options.size ?? bytes.length;
  for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
  if (options.close === true) parser.finish();
  return seen;
}

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

const GOOD: readonly [string, string, Partial<Seen>, { method?: string; close?: boolean }?][] = [
  ['a body of a given length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', { body: 'hello', ended: true }],
  ['bytes after the end are dropped', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello', { body: 'he', ended: true }],
  ['an empty body', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', { body: '', ended: true }],
  ['chunks', `${CHUNKED}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`, { body: 'hello world', ended: true }],
  [
    'chunk extensions and trailers',
    `${CHUNKED}A;x="y"\r\n0123456789\r\n0\r\nA: b\r\nC: d\r\n\r\n`,
    { body: '0123456789', ended: true },
  ],
  [
    'a body until the connection ends',
    'HTTP/1.1 200 OK\r\n\r\nall of it',
    { body: 'all of it', ended: true },
    { close: true },
  ],
  ['no body after 204', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, ended: true }],
  ['no body after 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', { status: 304, ended: true }],
  ['no body after HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', { ended: true, body: '' }, { method: 'HEAD' }],
  [
    '100 Continue is skipped',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx',
    { status: 201, body: 'x' },
  ],
  ['no reason phrase', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', { status: 200, ended: true }],
  [
    'repeated headers',
    'HTTP/1.0 200 OK\r\nA: 1\r\na:  2 \r\nContent-Length: 0\r\n\r\n',
    { headers: { a: '1, 2', 'content-length': '0' } },
  ],
];

for (const [what, text, expected, options] of GOOD) {
  for (const size of [1, 3, 1000]) {
    test(`an answer is understood in pieces of ${size}: ${what}`, (t) => {
      t.like(parse(text, { ...options, size }), expected);
    });
  }
}

test('what follows an upgrade belongs to whoever asked for it', (t) => {
  const seen = parse('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\n\r\n\x01\x00raw');
  t.is(seen.status, 101);
  t.is(seen.rest, '\x01\x00raw');
  t.false(seen.ended);
});

const BAD: readonly [string, string, { close?: boolean }?][] = [
  ['not HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n'],
  ['a folded header', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
  ['length and chunks at once', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n'],
  ['a length beyond counting', 'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999\r\n\r\n'],
  ['another transfer encoding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['a chunk size that is no number', `${CHUNKED}zz\r\n`],
  ['a chunk size beyond counting', `${CHUNKED}fffffffffffff\r\n`],
  ['a chunk longer than its size', `${CHUNKED}2\r\nhello\r\n`],
  ['an endless chunk line', `${CHUNKED}1;${'x'.repeat(5000)}`],
  ['endless trailers', `${CHUNKED}0\r\n${'A: b\r\n'.repeat(5000)}`],
  ['an endless head', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(70_000)}`],
  ['too many headers', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(300)}\r\n`],
  ['an end in the middle of a body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe', { close: true }],
  ['an end in the middle of a chunk', `${CHUNKED}5\r\nhe`, { close: true }],
  ['an end in the middle of the head', 'HTTP/1.1 200 OK\r\nA', { close: true }],
];

for (const [what, text, options] of BAD) {
  test(`an answer is refused: ${what}`, (t) => {
    const error = t.throws(() => parse(text, { ...options, size: 64 }), { instanceOf: TskerError });
    t.is(error?.code, options?.close === true ? 'unavailable' : 'corrupt');
  });
}
