import test from 'ava';
import { DetachFilter, parseDetachKeys } from '../../../../src/daemon/container/detach-keys.ts';
import { TskerError } from '../../../../src/util/errors.ts';

test('keys are letters and control characters', (t) => {
  t.deepEqual([...parseDetachKeys()], [0x10, 0x11]);
  t.deepEqual([...parseDetachKeys('ctrl-a,b,ctrl-[')], [0x01, 0x62, 0x1b]);
  t.deepEqual([...parseDetachKeys('ctrl-@,ctrl-_')], [0x00, 0x1f]);
});

for (const text of ['ctrl-', 'ctrl-1', 'ab', 'ctrl-a,', 'ü']) {
  test(`"${text}" are no keys`, (t) => {
    t.regex(t.throws(() => parseDetachKeys(text), { instanceOf: TskerError })?.message ?? '', /detach keys/);
  });
}

async function pass(chunks: readonly string[]): Promise<{ out: string; detached: number }> {
  let detached = 0;
  const filter = new DetachFilter(parseDetachKeys('ctrl-p,ctrl-q'), () => {
    detached += 1;
  });
  for (const chunk of chunks) filter.write(chunk);
  filter.end();
  let out = '';
  for await (const chunk of filter) out += String(chunk);
  return { out, detached };
}

const P = '\x10';
const Q = '\x11';
const CASES: [string, string[], string, number][] = [
  ['plain text', ['hello', ' world'], 'hello world', 0],
  ['the sequence', [`ab${P}${Q}`], 'ab', 1],
  ['the sequence in two chunks', [`ab${P}`, Q], 'ab', 1],
  ['what comes behind is swallowed', [`${P}${Q}more`, 'and more'], '', 1],
  ['half a sequence is passed on', [`${P}x`], `${P}x`, 0],
  ['the first key twice', [`${P}${P}${Q}`], P, 1],
];
for (const [what, chunks, out, detached] of CASES) {
  test(`detach filter: ${what}`, async (t) => {
    t.deepEqual(await pass(chunks), { out, detached });
  });
}
