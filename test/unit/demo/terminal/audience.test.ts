import { PassThrough } from 'node:stream';
import test from 'ava';
import { TerminalAudience } from '../../../../src/demo/terminal/audience.ts';

const SUMMARY = 'A sentence of a dozen words, which goes into one line of a hundred.';

/** What a terminal of so many columns is told. */
function told(columns: number | undefined): string {
  const stdout = Object.assign(new PassThrough(), columns === undefined ? {} : { columns });
  const io = { stdin: new PassThrough(), stdout, stderr: new PassThrough() };
  const audience = new TerminalAudience({ io, language: 'en', coloured: false, next: undefined });
  audience.lesson({ number: 1, title: 'It', summary: SUMMARY, steps: 1 });
  return String(stdout.read());
}

for (const columns of [undefined, 0, 100, 200]) {
  test(`a terminal of ${columns} columns has room for a sentence`, (t) => {
    t.true(told(columns).split('\n').includes(SUMMARY));
  });
}

test('in a narrow one a sentence is broken', (t) => {
  for (const line of told(30).split('\n')) t.true(line.length <= 30, line);
});
