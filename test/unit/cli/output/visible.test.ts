import test from 'ava';
import { visible } from '../../../../src/cli/output/visible.ts';

for (const [text, shown] of [
  ['sleep 3600 – ñ 鲸 🐳', 'sleep 3600 – ñ 鲸 🐳'],
  ['\x1b[2J\x1b]0;title\x07', '\\x1b[2J\\x1b]0;title\\x07'],
  ['a\tb\nc\rd\x7f', 'a\\x09b\\x0ac\\x0dd\\x7f'],
  ['\x9b31m', '\\x9b31m'],
  ['\u202egnp.exe\u2066', '\\u202egnp.exe\\u2066'],
] as const) {
  test(`${JSON.stringify(text)} is shown as ${JSON.stringify(shown)}`, (t) => {
    t.is(visible(text), shown);
  });
}
