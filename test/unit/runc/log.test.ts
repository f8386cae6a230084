import test from 'ava';
import { formatLine } from '../../../src/runc/log.ts';

const time = new Date('2026-11-21T22:39:10.123Z');

test('a line of JSON is what shims read', (t) => {
  const line = formatLine('error', 'container does not exist', { format: 'json', time });
  t.is(line, '{"level":"error","msg":"container does not exist","time":"2026-11-21T22:39:10Z"}\n');
});

test('a line of text is quoted', (t) => {
  const line = formatLine('error', 'exec: "x"\nfailed', { format: 'text', time });
  t.is(line, 'time="2026-11-21T22:39:10Z" level=error msg="exec: \\"x\\"\\nfailed"\n');
});
