import test from 'ava';
import { declareArgs, stageLookup, unusedArgsWarning } from '../../../src/builder/args.ts';
import { parseDockerfile } from '../../../src/builder/parser/parse.ts';
import type { ArgInstruction } from '../../../src/builder/parser/types.ts';

function argOf(text: string): ArgInstruction {
  const [instruction] = parseDockerfile(text).instructions;
  if (instruction?.kind !== 'ARG') throw new Error('no ARG');
  return instruction;
}

const context = {
  buildArgs: new Map([['given', 'from the command line']]),
  globals: new Map([
    ['global', 'of the file'],
    ['given', 'never'],
  ]),
  escape: '\\',
  lookup: (name: string): string | undefined => (name === 'env' ? 'environment' : undefined),
};

for (const [text, expected] of [
  ['ARG given', ['given', 'from the command line']],
  ['ARG given=default', ['given', 'from the command line']],
  ['ARG given=${broken', ['given', 'from the command line']],
  ['ARG global', ['global', 'of the file']],
  ['ARG global=own', ['global', 'own']],
  ['ARG global=', ['global', '']],
  ['ARG nothing', ['nothing', undefined]],
  ['ARG quoted="a $env"', ['quoted', 'a environment']],
] as const) {
  test(`${text} declares ${expected[0]} as ${JSON.stringify(expected[1])}`, (t) => {
    const { args } = declareArgs(argOf(text), context);
    t.deepEqual(args, [{ name: expected[0], value: expected[1] }]);
  });
}

test('of several on a line later ones see earlier ones', (t) => {
  const { args, unset } = declareArgs(argOf('ARG a=1 b=$a-$missing'), context);
  t.deepEqual(
    args.map(({ value }) => value),
    ['1', '1-'],
  );
  t.deepEqual(
    unset.map(({ name }) => name),
    ['missing'],
  );
});

test('in a stage ENV comes before ARG, and the proxies that were given are known', (t) => {
  const lookup = stageLookup({
    env: new Map([['both', 'env']]),
    args: new Map([
      ['both', 'arg'],
      ['arg', 'arg'],
    ]),
    buildArgs: new Map([
      ['http_proxy', 'http://proxy'],
      ['other', 'not declared'],
    ]),
  });
  t.deepEqual(['both', 'arg', 'http_proxy', 'other'].map(lookup), ['env', 'arg', 'http://proxy', undefined]);
});

test('arguments that nobody declared are told, proxies are not', (t) => {
  const given = new Map([
    ['used', '1'],
    ['z', '1'],
    ['a', '1'],
    ['HTTP_PROXY', '1'],
  ]);
  t.is(unusedArgsWarning(given, new Set(['used'])), '[Warning] One or more build-args [a z] were not consumed');
  t.is(unusedArgsWarning(given, new Set(['used', 'a', 'z'])), undefined);
});
