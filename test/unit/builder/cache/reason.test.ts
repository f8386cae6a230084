import test from 'ava';
import { missReason } from '../../../../src/builder/cache/reason.ts';
import type { StepInputs } from '../../../../src/builder/host.types.ts';

const inputs = (changes: Partial<StepInputs> = {}): StepInputs => ({
  instruction: 'COPY . /',
  parent: 'p',
  args: { A: '1' },
  files: { a: 'x', b: 'y' },
  ...changes,
});

const CASES: readonly (readonly [title: string, before: readonly StepInputs[], reason: string])[] = [
  ['nothing like it was built', [], 'it was never built'],
  ['a file changed', [inputs({ files: { a: 'x', b: 'z' } })], 'file b changed'],
  ['a file came and one went', [inputs({ files: { a: 'x', c: 'y' } })], 'file b is new, file c is gone'],
  [
    'many files changed',
    [inputs({ files: { a: '1', b: '1', c: '', d: '', e: '' } })],
    'file a changed, file b changed, file c is gone, and 2 more files',
  ],
  ['an argument changed', [inputs({ args: { A: '2' } })], 'argument A changed'],
  ['what is below changed', [inputs({ parent: 'q' })], 'what it stands on changed'],
  ['all is the same', [inputs()], 'its layers are gone'],
  [
    'one on the same base is nearer than a later one',
    [inputs({ parent: 'q', args: {} }), inputs({ args: { A: '0' } })],
    'argument A changed',
  ],
];

for (const [title, before, reason] of CASES) {
  test(`${title}: ${reason}`, (t) => t.is(missReason(inputs(), before), reason));
}
