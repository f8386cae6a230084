// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what looks like a template is the language under test
// Random input: whatever comes in, the answer is a value or a TskerError, and it comes soon. The seed is fixed, so a failure
// can be had again; FUZZ_SEED takes another one.
import test from 'ava';
import { renderDiagnostic } from '../../../src/builder/diagnostics.ts';
import { compileIgnoreFile } from '../../../src/builder/ignore/matcher.ts';
import { DockerfileError } from '../../../src/builder/parser/error.ts';
import { parseDockerfile } from '../../../src/builder/parser/parse.ts';
import { planStages } from '../../../src/builder/stages.ts';
import { expand } from '../../../src/builder/words/expand.ts';
import { expandInstruction, expandMounts } from '../../../src/builder/words/expand-instruction.ts';
import { TskerError } from '../../../src/util/errors.ts';

const INPUTS = 10_000;
const seed = Number(process.env['FUZZ_SEED'] ?? 20_240_501);

/** mulberry32. */
function randomOf(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function join(random: (below: number) => number, pieces: readonly string[], most: number): string {
  return Array.from({ length: random(most) + 1 }, () => pieces[random(pieces.length)] ?? '').join('');
}

const WORD_PIECES = [
  ...['$', '{', '}', '${', '${a', '${a:-', '${b#', '${b%%', '${a/', '//', ':', '?', '+', '-', '#', '%'],
  ...['"', "'", '\\', '`', ' ', '\t', '\n', 'a', 'b', '*', 'é', '\u{1f600}', '\u0000', '\ud800', '='],
];

const FILE_PIECES = [
  ...['FROM ', 'FROM debian', ' AS b', 'RUN ', 'COPY ', 'ADD ', 'ENV ', 'ARG ', 'LABEL ', 'CMD ', 'ONBUILD ', 'SHELL '],
  ...['EXPOSE ', 'HEALTHCHECK ', 'VOLUME ', 'USER ', 'WORKDIR ', 'STOPSIGNAL ', 'MAINTAINER ', 'FORM '],
  ...['\n', '\n', '\n', '\r\n', ' \\\n', '`\n', '# escape=`\n', '# syntax=x\n', '# comment\n', '\ufeff'],
  ...['<<EOF', '<<-EOF', '<<"EOF"', '\nEOF\n', '\n\tEOF\n', '3<<A', '\nA\n', '<<', '<'],
  ...['["a", "b"]', '[', ']', '[1]', '"', "'", '\\', '$a', '${a:-b}', '${', '}', 'a=1', 'a=$a ', '='],
  ...['--from=b ', '--from=0 ', '--mount=type=', 'cache,target=/x', 'secret,id=', '--link ', '--chown=1 ', '--', '--x'],
  ...['--interval=', '5s ', 'NONE', 'a b', '/c ', '\u0085', '\u00a0', '\u0000', 'é', ' ', '\t', '\v'],
];

const PATTERN_PIECES = [
  'a',
  'b',
  '/',
  '*',
  '**',
  '?',
  '[',
  ']',
  '^',
  '-',
  '\\',
  '!',
  '.',
  '..',
  '#',
  ' ',
  '\n',
  'é',
  '{',
  '$',
];

function survives(run: () => void): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof TskerError ? undefined : error;
  }
}

test('no word breaks the lexer', (t) => {
  const random = randomOf(seed);
  const lookup = (name: string): string | undefined => (name === 'a' ? 'va lue' : name === 'b' ? 'bb/b.b' : undefined);
  for (let index = 0; index < INPUTS; index += 1) {
    const word = join(random, WORD_PIECES, 24);
    const options = {
      lookup,
      escape: random(2) === 0 ? '\\' : '`',
      rawQuotes: random(4) === 0,
      rawEscapes: random(4) === 0,
      keepUnset: random(4) === 0,
      plainQuotes: random(4) === 0,
    };
    t.is(
      survives(() => expand(word, options)),
      undefined,
      JSON.stringify(word),
    );
  }
});

test('no Dockerfile breaks the parser, the plan or the diagnostics', (t) => {
  const random = randomOf(seed + 1);
  for (let index = 0; index < INPUTS; index += 1) {
    const source = (random(2) === 0 ? 'FROM debian AS b\n' : '') + join(random, FILE_PIECES, 30);
    t.is(
      survives(() => evaluate(source)),
      undefined,
      JSON.stringify(source),
    );
  }
});

function evaluate(source: string): void {
  try {
    const plan = planStages(parseDockerfile(source), { buildArgs: new Map([['a', 'b']]) });
    const scope = { escape: plan.context.escape, lookup: (name: string) => (name === 'a' ? '1 2' : undefined) };
    for (const instruction of plan.stages.flatMap(({ instructions }) => instructions)) {
      expandInstruction(instruction, scope);
      if (instruction.kind === 'RUN') expandMounts(instruction, scope);
    }
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    renderDiagnostic({ file: 'Dockerfile', source, range: error.range, message: error.message, hint: error.hint });
    throw error;
  }
}

test('no bytes break the parser', (t) => {
  const random = randomOf(seed + 2);
  for (let index = 0; index < INPUTS; index += 1) {
    const bytes = Uint8Array.from({ length: random(60) }, () => random(256));
    t.is(
      survives(() => parseDockerfile(bytes)),
      undefined,
      Buffer.from(bytes).toString('hex'),
    );
  }
});

test('no .dockerignore breaks the matcher, and walks agree with single questions', (t) => {
  const random = randomOf(seed + 3);
  for (let index = 0; index < INPUTS; index += 1) {
    const text = join(random, PATTERN_PIECES, 16);
    const names = Array.from({ length: 3 }, () => join(random, ['a', 'b', '.', 'é', '[', '-'], 3));
    t.is(
      survives(() => walk(text, names)),
      undefined,
      JSON.stringify([text, names]),
    );
  }
});

/** Whatever a walk leaves out has nothing in it that would be kept. */
function walk(text: string, [one = '', two = '', three = '']: readonly string[]): void {
  const matcher = compileIgnoreFile(text);
  if ([one, two, three].some((name) => name === '.' || name === '..')) return;
  const first = matcher.root.enter(one);
  const second = first.directory.enter(two);
  const path = `${one}/${two}/${three}`;
  const ignored = second.directory.ignores(three);
  if (ignored !== matcher.ignores(path)) throw new Error('the walk and the question differ');
  if ((first.skip || second.skip) && !ignored) throw new Error('the walk left out what is kept');
}

test('long inputs take time in proportion', (t) => {
  const started = performance.now();
  const inputs = [
    `FROM a\nRUN ${' '.repeat(200_000)}x`,
    `FROM a\n# ${'= '.repeat(100_000)}`,
    `# escape=${' '.repeat(200_000)}x\nFROM a`,
    `FROM a\nENV ${'a=1 '.repeat(30_000)}`,
    `FROM a\nENV ${'\\\n'.repeat(50_000)}a=1`,
    `FROM a\nRUN ${'<<a '.repeat(10_000)}\n${'a\n'.repeat(10_000)}`,
    `FROM a\nCMD ${'["a",'.repeat(30_000)}`,
    `${'ONBUILD '.repeat(20_000)}RUN x`,
    `FROM a\nCOPY ${'--link '.repeat(30_000)}a b`,
    `FROM a\nENV a="${'$'.repeat(100_000)}"`,
    `FROM a\nENV a=${'${'.repeat(50_000)}`,
    `FROM ${'a '.repeat(50_000)}`,
  ];
  for (const source of inputs) {
    t.is(
      survives(() => evaluate(source)),
      undefined,
      source.slice(0, 40),
    );
  }
  t.is(
    survives(() => compileIgnoreFile(`${'**/'.repeat(5000)}a\n${'[a-z]'.repeat(5000)}`).ignores('a/'.repeat(1000))),
    undefined,
  );
  t.true(performance.now() - started < 20_000, `${performance.now() - started} ms`);
});
