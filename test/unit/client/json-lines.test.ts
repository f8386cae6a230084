import test from 'ava';
import { createJsonLineReader } from '../../../src/client/json-lines.ts';

test('lines are whole whatever the pieces, and characters are not cut', (t) => {
  const bytes = Buffer.from('{"a":"ü"}\r\n\n{"b":2}\n{"c":3}');
  for (const size of [1, 2, 5, 100]) {
    const reader = createJsonLineReader();
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size) lines.push(...reader.push(bytes.subarray(at, at + size)));
    t.deepEqual([...lines, ...reader.finish()], ['{"a":"ü"}', '{"b":2}', '{"c":3}']);
  }
});

test('a line without an end is refused', (t) => {
  const reader = createJsonLineReader();
  t.throws(
    () => {
      for (let index = 0; index < 100; index++) reader.push(Buffer.alloc(64 * 1024, 'x'));
    },
    { message: /has no end/ },
  );
});
