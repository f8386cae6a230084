// What an explained start says about the source tree has to be true: every file is there and has the function.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { STEPS as DAEMON_STEPS } from '../../../../src/daemon/explain/steps.ts';
import { OPS, type OpName } from '../../../../src/native/ops.ts';
import { sourceOf } from '../../../../src/native/system-call-files.ts';
import { RUNC_STEPS } from '../../../../src/runc/explain.ts';

const STEPS = [...Object.values(DAEMON_STEPS), ...Object.values(RUNC_STEPS)];
const REPOSITORY = join(import.meta.dirname, '../../../..');

const read = (file: string): string => readFileSync(join(REPOSITORY, file), 'utf8');

for (const { name, file, function: wanted, text } of STEPS) {
  test(`the step ${name} is where it says: ${wanted} in ${file}`, (t) => {
    const definition = new RegExp(`(function|static \\w+|^ +(async )?)\\s*${wanted}(<[^>]*>)?\\(`, 'm');
    t.regex(read(file), definition);
    t.notRegex(text, /\.$/);
  });
}

test('no two steps have one name', (t) => {
  const names = STEPS.map(({ name }) => name);
  t.deepEqual([...new Set(names)], names);
});

test('every operation is done by the C file that is named for it', (t) => {
  for (const name of Object.keys(OPS) as OpName[]) {
    t.regex(read(sourceOf(name)), new RegExp(`tsk_do_${name}\\(`), name);
  }
});
