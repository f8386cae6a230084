import test from 'ava';
import { countLines, findTail, LineParser, skipLines } from '../../../../../src/daemon/logging/read/line-parser.ts';

const TIME = '2026-11-21T13:44:01.045154910Z';

/** As the pump writes it, `text` being the JSON of the line without quotes. */
function record(text: string, stream = 'stdout', attrs = ''): string {
  return `{"log":"${text}","stream":"${stream}"${attrs},"time":"${TIME}"}\n`;
}

const LINES: readonly [string, string, object][] = [
  ['a plain line', record('hello\\n'), { log: 'hello\n', stream: 'stdout', time: TIME }],
  ['an empty line', record('\\n'), { log: '\n', stream: 'stdout', time: TIME }],
  ['nothing at all', record(''), { log: '', stream: 'stdout', time: TIME }],
  ['stderr', record('x\\n', 'stderr'), { log: 'x\n', stream: 'stderr', time: TIME }],
  ['a piece', record('part'), { log: 'part', stream: 'stdout', time: TIME }],
  ['escapes', record('a\\"b\\\\\\u003c\\u0009\\n'), { log: 'a"b\\<\t\n', stream: 'stdout', time: TIME }],
  ['an escape at the end', record('a\\\\n'), { log: 'a\\n', stream: 'stdout', time: TIME }],
  ['a backslash and a line break', record('a\\\\\\n'), { log: 'a\\\n', stream: 'stdout', time: TIME }],
  ['text beyond ASCII', record('é日🎉\\n'), { log: 'é日🎉\n', stream: 'stdout', time: TIME }],
  [
    'what looks like a record',
    record(record('x').slice(0, -1).replaceAll('"', '\\"')),
    {
      log: record('x').slice(0, -1),
      stream: 'stdout',
      time: TIME,
    },
  ],
  [
    'attributes',
    record('x\\n', 'stdout', ',"attrs":{"a":"b"}'),
    {
      log: 'x\n',
      stream: 'stdout',
      time: TIME,
      attrs: { a: 'b' },
    },
  ],
  [
    'a short time, as Docker writes it',
    '{"log":"x\\n","stream":"stdout","time":"2026-11-21T13:44:01.04515491Z"}\n',
    {
      log: 'x\n',
      stream: 'stdout',
      time: '2026-11-21T13:44:01.04515491Z',
    },
  ],
  [
    'another order and spaces',
    '{ "time":"t", "stream":"stderr", "log":"x" }\n',
    { log: 'x', stream: 'stderr', time: 't' },
  ],
];

for (const [what, text, expected] of LINES) {
  test(`a line is read: ${what}`, (t) => {
    t.deepEqual(new LineParser().push(Buffer.from(text)) as object[], [expected]);
  });
}

test('lines are the same wherever chunks are cut', (t) => {
  const text = Buffer.from(LINES.map(([, line]) => line).join(''));
  const whole = new LineParser().push(text);
  for (let size = 1; size < 80; size += 7) {
    const parser = new LineParser();
    const lines = [];
    for (let at = 0; at < text.length; at += size) lines.push(...parser.push(text.subarray(at, at + size)));
    t.deepEqual(lines, whole);
  }
});

test('attributes that change, or are there no more, are told right', (t) => {
  const attrs = (value: string) => `,"attrs":{"k":"${value}"}`;
  const text = [
    record('1\\n', 'stdout', attrs('a')),
    record('2\\n', 'stdout', attrs('a')),
    record('3\\n', 'stderr', attrs('b')),
  ];
  const lines = new LineParser().push(
    Buffer.from([...text, record('4\\n'), record('5\\n', 'stdout', attrs('\\"x,'))].join('')),
  );
  t.deepEqual(
    lines.map(({ log, attrs: found }) => [log, found?.['k']]),
    [
      ['1\n', 'a'],
      ['2\n', 'a'],
      ['3\n', 'b'],
      ['4\n', undefined],
      ['5\n', '"x,'],
    ],
  );
});

test('damaged lines are left out', (t) => {
  const text = [
    '{"log":"cut o\n',
    record('good\\n'),
    'null\n',
    '\n',
    '{"log":5}\n',
    '{"log":"a\\q","stream":"stdout"',
    `,"time":"${TIME}"}\n`,
    record('last\\n'),
  ];
  t.deepEqual(
    new LineParser().push(Buffer.from(text.join(''))).map(({ log }) => log),
    ['good\n', 'last\n'],
  );
});

test('the tail of a chunk begins behind a newline', (t) => {
  const chunk = Buffer.from('a\nbb\nccc\n');
  t.deepEqual(findTail(chunk, 0), { offset: 9 });
  t.deepEqual(findTail(chunk, 1), { offset: 5 });
  t.deepEqual(findTail(chunk, 2), { offset: 2 });
  t.deepEqual(findTail(chunk, 3), { found: 3 });
  t.deepEqual(findTail(Buffer.from('no newline'), 1), { found: 0 });
});

test('lines are counted and skipped', (t) => {
  const chunk = Buffer.from('a\nbb\nccc');
  t.is(countLines(chunk), 2);
  t.is(skipLines(chunk, 0), 0);
  t.is(skipLines(chunk, 2), 5);
  t.is(skipLines(chunk, 3), undefined);
});
