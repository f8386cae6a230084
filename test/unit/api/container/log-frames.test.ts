import test from 'ava';
import { encodeLogs, fixedTime } from '../../../../src/api/container/log-frames.ts';
import type { LogLine } from '../../../../src/types/container.ts';

const PLAIN = { framed: false, timestamps: false, details: false };
const line = (log: string, stream: LogLine['stream'] = 'stdout'): LogLine => ({
  log,
  stream,
  time: '2026-11-21T13:00:00.5Z',
});

test('without frames lines follow one another as they are', (t) => {
  t.is(encodeLogs([line('a\n'), line('b', 'stderr'), line('ü\n')], PLAIN).toString(), 'a\nbü\n');
});

test('a frame has stream number, three zeros and the length in bytes', (t) => {
  const bytes = encodeLogs([line('ü\n'), line('e', 'stderr')], { ...PLAIN, framed: true });
  t.deepEqual([...bytes], [1, 0, 0, 0, 0, 0, 0, 3, 0xc3, 0xbc, 0x0a, 2, 0, 0, 0, 0, 0, 0, 1, 0x65]);
});

test('a batch that is not all ASCII comes whole, wherever the first such line is', (t) => {
  const logs = Array.from({ length: 50 }, (_, index) => `line ${index}\n`);
  for (const odd of [0, 1, 25, 48, 49]) {
    for (const text of ['ü', '\u{1f433}'.repeat(40), '\u{fffd}', `${'x'.repeat(300)}€\n`]) {
      const all = logs.with(odd, text);
      const lines = all.map((log) => line(log));
      t.is(encodeLogs(lines, PLAIN).toString(), all.join(''));
      const framed = encodeLogs(lines, { ...PLAIN, framed: true });
      t.is(framed.length, Buffer.byteLength(all.join('')) + 8 * all.length);
      t.is(
        framed.readUInt32BE(framed.length - Buffer.byteLength(all.at(-1) ?? '') - 4),
        Buffer.byteLength(all.at(-1) ?? ''),
      );
    }
  }
});

test('timestamps stand in front with nine digits and are part of the frame', (t) => {
  const bytes = encodeLogs([line('x\n')], { framed: true, timestamps: true, details: false });
  t.is(bytes.subarray(8).toString(), '2026-11-21T13:00:00.500000000Z x\n');
  t.is(bytes.readUInt32BE(4), bytes.length - 8);
});

test('details are the attributes, sorted, and a blank when there are none', (t) => {
  const details = { ...PLAIN, details: true };
  t.is(
    encodeLogs([{ ...line('x\n'), attrs: { b: "2!'()*~", a: '1 1+' } }], details).toString(),
    'a=1+1%2B,b=2%21%27%28%29%2A~ x\n',
  );
  t.is(encodeLogs([line('x\n')], details).toString(), ' x\n');
});

for (const [given, expected] of [
  ['2026-11-21T13:00:00Z', '2026-11-21T13:00:00.000000000Z'],
  ['2026-11-21T13:00:00.123456789Z', '2026-11-21T13:00:00.123456789Z'],
  ['2026-11-21T13:00:00.1+01:00', '2026-11-21T13:00:00.100000000+01:00'],
  ['damaged', 'damaged'],
] as const) {
  test(`the time ${given} is shown as ${expected}`, (t) => {
    t.is(fixedTime(given), expected);
  });
}
