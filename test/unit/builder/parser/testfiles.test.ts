// The corpus: testfiles/<case>/{Dockerfile,result.json}, and negative/<case>/{Dockerfile,error}. To write the expected files
// of a new case, run with UPDATE_TESTFILES=1 and read what it wrote.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { renderDiagnostic } from '../../../../src/builder/diagnostics.ts';
import { DockerfileError } from '../../../../src/builder/parser/error.ts';
import { parseDockerfile } from '../../../../src/builder/parser/parse.ts';
import { planStages } from '../../../../src/builder/stages.ts';
import { expandInstruction, expandMounts } from '../../../../src/builder/words/expand-instruction.ts';
import { summarize } from '../summary.ts';

const HERE = join(import.meta.dirname, '..');
const updating = process.env['UPDATE_TESTFILES'] === '1';

for (const name of readdirSync(join(HERE, 'testfiles'))) {
  test(`testfiles/${name} parses to what its result says`, (t) => {
    const folder = join(HERE, 'testfiles', name);
    const summary = summarize(parseDockerfile(readFileSync(join(folder, 'Dockerfile'))));
    const result = join(folder, 'result.json');
    if (updating && !existsSync(result)) writeFileSync(result, `${JSON.stringify(summary, undefined, 2)}\n`);
    t.deepEqual(summary, JSON.parse(readFileSync(result, 'utf8')));
  });
}

for (const name of readdirSync(join(HERE, 'negative'))) {
  test(`negative/${name} fails as its error says`, (t) => {
    const folder = join(HERE, 'negative', name);
    const source = readFileSync(join(folder, 'Dockerfile'), 'utf8');
    const { message, hint, range } = t.throws(() => evaluate(source), { instanceOf: DockerfileError }) ?? t.fail();
    const rendered = `${renderDiagnostic({ file: 'Dockerfile', source, range, message, hint })}\n`;
    const error = join(folder, 'error');
    if (updating && !existsSync(error)) writeFileSync(error, rendered);
    t.is(rendered, readFileSync(error, 'utf8'));
  });
}

/** Everything that is checked before a step runs, with no variable set. */
function evaluate(source: string): void {
  const plan = planStages(parseDockerfile(source));
  const scope = { escape: plan.context.escape, lookup: () => undefined };
  for (const instruction of plan.stages.flatMap(({ instructions }) => instructions)) {
    expandInstruction(instruction, scope);
    if (instruction.kind === 'RUN') expandMounts(instruction, scope);
  }
}
