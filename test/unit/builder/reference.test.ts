// What the reference engine (dockerd 20.10.24, classic builder, and its command line's .dockerignore) answered, recorded in
// reference/*.json: errors of whole files, words, files that a .dockerignore keeps. Where tsker answers otherwise the
// record says what and why.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { compileIgnoreFile } from '../../../src/builder/ignore/matcher.ts';
import { parseDockerfile } from '../../../src/builder/parser/parse.ts';
import { parseExposedPorts } from '../../../src/builder/ports.ts';
import { planStages } from '../../../src/builder/stages.ts';
import { expand } from '../../../src/builder/words/expand.ts';
import { expandInstruction } from '../../../src/builder/words/expand-instruction.ts';
import { messageOf } from '../../../src/util/errors.ts';

interface ErrorCase {
  readonly dockerfile: string;
  readonly error: string;
  readonly tsker?: string | null;
  readonly why?: string;
}

for (const { dockerfile, error, tsker, why } of read<readonly ErrorCase[]>('errors.json')) {
  const expected = why === undefined ? error : (tsker ?? undefined);
  test(`${JSON.stringify(dockerfile)} fails as in Docker${why === undefined ? '' : `, but: ${why}`}`, (t) => {
    t.is(
      failureOf(() => evaluate(dockerfile)),
      expected,
    );
  });
}

interface Answer {
  readonly text?: string;
  readonly error?: string;
}

interface WordCase extends Answer {
  readonly word: string;
  readonly tsker?: Answer;
}

const ENVIRONMENT = new Map([
  ['a', '1'],
  ['s', 'x y'],
  ['e', ''],
  ['path', '/usr/bin:/bin'],
]);

for (const { word, tsker, ...docker } of read<readonly WordCase[]>('words.json')) {
  test(`the word ${word} becomes what Docker makes of it`, (t) => {
    const { text, error } = tsker ?? docker;
    const failure = failureOf(() => {
      const expanded: string | undefined = expand(word, { lookup: (name) => ENVIRONMENT.get(name) }).text;
      t.is<string | undefined, string | undefined>(expanded, text);
    });
    t.is(failure, error);
  });
}

interface Kept {
  readonly kept?: readonly string[];
  readonly error?: string;
}

interface IgnoreCase extends Kept {
  readonly ignore: string;
  readonly tsker?: Kept;
}

const { files, cases } = read<{ readonly files: readonly string[]; readonly cases: readonly IgnoreCase[] }>(
  'ignore.json',
);
for (const { ignore, tsker, ...docker } of cases) {
  test(`.dockerignore ${JSON.stringify(ignore)} keeps the files that Docker keeps`, (t) => {
    const { kept, error } = tsker ?? docker;
    const failure = failureOf(() => {
      const matcher = compileIgnoreFile(ignore);
      t.deepEqual(
        files.filter((file) => !matcher.ignores(file)),
        kept,
      );
    });
    t.is(failure, error);
  });
}

/** Everything up to the first step, ENV lines taking effect. */
function evaluate(source: string): void {
  const plan = planStages(parseDockerfile(source));
  for (const { instructions } of plan.stages) {
    const env = new Map<string, string>();
    for (const instruction of instructions) {
      const scope = { escape: plan.context.escape, lookup: (name: string) => env.get(name) };
      const { value } = expandInstruction(instruction, scope);
      if (value.kind === 'ENV') for (const pair of value.pairs) env.set(pair.name.text, pair.value.text);
      if (value.kind === 'EXPOSE') parseExposedPorts(value.ports);
    }
  }
}

function failureOf(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function read<Content>(name: string): Content {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'reference', name), 'utf8')) as Content;
}
