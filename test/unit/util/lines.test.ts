import test from 'ava';
import { lineSplitter } from '../../../src/util/lines.ts';

const split = (...chunks: string[]): string[] => {
  const lines: string[] = [];
  const feed = lineSplitter((line) => lines.push(line), 16);
  for (const chunk of chunks) feed(Buffer.from(chunk));
  return lines;
};

test('lines come whole, however they were cut', (t) => {
  t.deepEqual(split('one\ntwo\n'), ['one', 'two']);
  t.deepEqual(split('o', 'ne', '\ntw', 'o\nrest'), ['one', 'two']);
  t.deepEqual(split('\n\n'), ['', '']);
});

test('a character that is cut in two is put together', (t) => {
  const lines: string[] = [];
  const feed = lineSplitter((line) => lines.push(line));
  const bytes = Buffer.from('ä\n');
  feed(bytes.subarray(0, 1));
  feed(bytes.subarray(1));
  t.deepEqual(lines, ['ä']);
});

test('a line without an end is refused above the bound', (t) => {
  t.throws(() => split('0123456789', '0123456789'), { message: /more than 16 bytes/ });
  t.notThrows(() => split('0123456789\n0123456789\n'));
});
