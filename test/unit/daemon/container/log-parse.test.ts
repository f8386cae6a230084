import test from 'ava';
import { findTail, LineSplitter, parseLogLine } from '../../../../src/daemon/container/log-parse.ts';

test('a line of the log is its three fields', (t) => {
  t.deepEqual(parseLogLine('{"log":"a\\n","stream":"stderr","time":"2026-01-01T00:00:00Z"}'), {
    log: 'a\n',
    stream: 'stderr',
    time: '2026-01-01T00:00:00Z',
  });
});

for (const text of ['', '{', '[]', 'null', '{"stream":"stdout"}', '{"log":1}']) {
  test(`damaged and skipped: ${text}`, (t) => {
    t.is(parseLogLine(text), undefined);
  });
}

test('lines cut by the end of a read are put together', (t) => {
  const splitter = new LineSplitter();
  t.deepEqual(splitter.push(Buffer.from('one\ntw')), ['one']);
  t.deepEqual(splitter.push(Buffer.from('o')), []);
  t.deepEqual(splitter.push(Buffer.from('\nthree\nfour')), ['two', 'three']);
  t.deepEqual(splitter.push(Buffer.from('\n')), ['four']);
});

test('a character cut by the end of a read is put together', (t) => {
  const splitter = new LineSplitter();
  const bytes = Buffer.from('ü\n');
  t.deepEqual(splitter.push(bytes.subarray(0, 1)), []);
  t.deepEqual(splitter.push(bytes.subarray(1)), ['ü']);
});

const TAILS: [number, { offset: number } | { found: number }][] = [
  [0, { offset: 6 }],
  [1, { offset: 4 }],
  [2, { offset: 2 }],
  [3, { found: 3 }],
  [9, { found: 3 }],
];
for (const [wanted, expected] of TAILS) {
  test(`the last ${wanted} of three lines`, (t) => {
    t.deepEqual(findTail(Buffer.from('a\nb\nc\n'), wanted), expected);
  });
}
