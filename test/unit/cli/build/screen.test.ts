// What a build looks like on a terminal and what its stream means.
import test from 'ava';
import { addFacts, errorOf, parseLine } from '../../../../src/cli/build/messages.ts';
import { BuildScreen } from '../../../../src/cli/build/screen.ts';
import { ExitError } from '../../../../src/cli/exit-error.ts';
import type { BuildStepMessage } from '../../../../src/types/build.ts';

const STEP: BuildStepMessage = { number: 2, total: 3, stage: '0', text: 'RUN make', state: 'started' };

/** What is on the terminal in the end: cursor movements carried out. */
function terminal(): { write: (text: string) => void; lines: () => string[] } {
  let lines: string[] = [''];
  return {
    write(text) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: cursor movements are what is carried out
      for (const [, up, rest] of text.matchAll(/(?:\x1b\[(\d+)A\x1b\[J)?([^\x1b]*)/g)) {
        if (up !== undefined) lines = [...lines.slice(0, lines.length - 1 - Number(up)), ''];
        const [first = '', ...more] = (rest ?? '').split('\n');
        lines[lines.length - 1] += first;
        lines.push(...more);
      }
    },
    lines: () => lines,
  };
}

function show(): { screen: BuildScreen; lines: () => string[]; write: (text: string) => void } {
  const screen = new BuildScreen(() => ({ columns: 60, rows: 24 }));
  return { screen, ...terminal() };
}

test('a step that runs shows its time and its last lines, and one line when it has ended', (t) => {
  const { screen, lines, write } = show();
  write(screen.render({ stream: 'Step 2/3 : RUN make\n' }, 0));
  write(screen.render({ step: STEP }, 0));
  for (let n = 1; n <= 9; n += 1) write(screen.render({ stream: `line ${n}\n` }, n));
  write(screen.tick(1500));
  t.is(lines()[0]?.replace(/ {2,}/, ' … '), '[2/3] RUN make … 1.5s');
  t.deepEqual(lines().slice(1), [...[4, 5, 6, 7, 8, 9].map((n) => `   | line ${n}`), '']);
  write(screen.render({ step: { ...STEP, state: 'done', milliseconds: 2040, size: 1_500_000 } }, 2040));
  t.deepEqual(
    lines().map((line) => line.replace(/ {2,}/, ' … ')),
    ['[2/3] RUN make … 2.0s 1.5MB', ''],
  );
  write(screen.render({ step: { ...STEP, number: 3, state: 'cached' } }, 2050));
  write(screen.render({ stream: 'Successfully built 0123456789ab\n' }, 2050));
  write(screen.finish());
  t.is(lines()[1]?.replace(/ {2,}/, ' … '), '[3/3] RUN make … cached');
});

test('of a step that fails all of the output stays', (t) => {
  const { screen, lines, write } = show();
  write(screen.render({ step: STEP }, 0));
  for (let n = 1; n <= 9; n += 1) write(screen.render({ stream: `line ${n}\n` }, n));
  write(screen.render({ stream: 'half' }, 10));
  write(screen.render({ step: { ...STEP, state: 'failed', milliseconds: 10 } }, 10));
  write(screen.finish());
  t.is(lines().filter((line) => line.startsWith('   | line')).length, 9);
  t.true(lines().includes('   | half'));
});

test('a program moves no cursor and changes no colours of the screen', (t) => {
  const { screen, lines, write } = show();
  write(screen.render({ step: STEP }, 0));
  write(screen.render({ stream: '\x1b[2J\x1b[91mred\x1b[0m\n10%\r100%\n\x07bell\n' }, 1));
  t.deepEqual(lines().slice(1, 4), ['   | red', '   | 100%', '   | bell']);
});

test('a line is no longer than the terminal is wide', (t) => {
  const { screen, lines, write } = show();
  write(screen.render({ step: { ...STEP, text: `RUN ${'x'.repeat(200)}`, reason: 'file a changed' } }, 0));
  write(screen.render({ stream: `${'y'.repeat(200)}\n` }, 1));
  t.true(lines().every((line) => line.length < 60));
});

test('the id is that of the last aux, or the only line of a quiet build', (t) => {
  const id = `sha256:${'a'.repeat(64)}`;
  const none = { imageId: undefined, failedContainer: undefined };
  t.is(addFacts(none, { aux: { ID: id } }).imageId, id);
  t.is(addFacts(none, { stream: `${id}\n` }).imageId, id);
  t.is(addFacts({ ...none, imageId: id }, { aux: { FailedContainer: 'x' } }).imageId, id);
  t.is(addFacts(none, { aux: { FailedContainer: 'x' } }).failedContainer, 'x');
});

test("an error with a command's code ends the client with it", (t) => {
  const failed = errorOf({ error: 'no', errorDetail: { message: 'no', code: 7 } });
  t.true(failed instanceof ExitError);
  t.is(failed?.exitCode, 7);
  t.false(errorOf({ errorDetail: { message: 'no' } }) instanceof ExitError);
  t.is(errorOf({ stream: 'x' }), undefined);
  t.throws(() => parseLine('no json'), { message: /not JSON/ });
});
