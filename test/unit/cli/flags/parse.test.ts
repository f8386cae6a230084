import test from 'ava';
import { parseArguments } from '../../../../src/cli/flags/parse.ts';
import { defineFlags } from '../../../../src/cli/flags/spec.ts';
import { UsageError } from '../../../../src/cli/usage-error.ts';

const TABLE = defineFlags({
  env: { kind: 'list', short: 'e', summary: '' },
  hostname: { kind: 'string', short: 'h', summary: '' },
  interactive: { kind: 'boolean', short: 'i', summary: '' },
  memory: { kind: 'bytes', short: 'm', summary: '' },
  network: { kind: 'list', alias: 'net', summary: '' },
  pull: { kind: 'string', choices: ['always', 'never'], summary: '' },
  rm: { kind: 'boolean', summary: '' },
  cpus: { kind: 'decimal', summary: '' },
  timeout: { kind: 'integer', short: 't', summary: '' },
  tty: { kind: 'boolean', short: 'y', summary: '' },
});

const EMPTY = { env: [], network: [] };

const GOOD: readonly [string, object, readonly string[]][] = [
  ['image', {}, ['image']],
  ['-iy image', { interactive: true, tty: true }, ['image']],
  ['-iye A=1 image', { interactive: true, tty: true, env: ['A=1'] }, ['image']],
  ['-ieA=1 image', { interactive: true, env: ['A=1'] }, ['image']],
  ['-e=A image', { env: ['A'] }, ['image']],
  ['-e A -e B=x=y image', { env: ['A', 'B=x=y'] }, ['image']],
  ['--env A --env=B image', { env: ['A', 'B'] }, ['image']],
  ['--rm=false image', { rm: false }, ['image']],
  ['--rm image --rm -x', { rm: true }, ['image', '--rm', '-x']],
  ['--rm -- -image', { rm: true }, ['-image']],
  ['-', {}, ['-']],
  ['--net host image', { network: ['host'] }, ['image']],
  ['-m 1g image', { memory: 1024 ** 3 }, ['image']],
  ['-m 1.5kb image', { memory: 1536 }, ['image']],
  ['--cpus .5 image', { cpus: 0.5 }, ['image']],
  ['-t -1 image', { timeout: -1 }, ['image']],
  ['-t 1 -t 2 image', { timeout: 2 }, ['image']],
  ['--hostname= image', { hostname: '' }, ['image']],
  ['-h web image', { hostname: 'web' }, ['image']],
  ['-i=false image', { interactive: false }, ['image']],
];

for (const [line, flags, args] of GOOD) {
  test(`run ${line}`, (t) => {
    const parsed = parseArguments(TABLE, line.split(' '), { flagsFirst: true });
    t.deepEqual<object, object>(parsed.flags, { ...EMPTY, ...flags });
    t.deepEqual(parsed.args, args);
    t.false(parsed.help);
  });
}

test('without flagsFirst flags may follow arguments, up to a double dash', (t) => {
  const { flags, args } = parseArguments(TABLE, ['one', '--rm', 'two', '--', '--tty']);
  t.true(flags.rm);
  t.deepEqual(args, ['one', 'two', '--tty']);
});

test('help is asked for by --help, and by -h where it means nothing else', (t) => {
  t.true(parseArguments(TABLE, ['--help']).help);
  t.true(parseArguments(defineFlags({}), ['-h']).help);
  t.false(parseArguments(TABLE, ['image', '--help'], { flagsFirst: true }).help);
});

const BAD: readonly [string, string][] = [
  ['--nmae x', 'unknown flag: --nmae'],
  ['-ix', "unknown shorthand flag: 'x' in -ix"],
  ['--hostname', 'flag needs an argument: --hostname'],
  ['-ie', "flag needs an argument: 'e' in -ie"],
  ['--rm=maybe', 'invalid argument "maybe" for "--rm" flag: it is neither true nor false'],
  ['-m lots', `invalid argument "lots" for "-m, --memory" flag: invalid size: 'lots'`],
  ['-t 1.5', 'invalid argument "1.5" for "-t, --timeout" flag: it is not a whole number'],
  ['--cpus many', 'invalid argument "many" for "--cpus" flag: it is not a number'],
  ['--pull often', 'invalid argument "often" for "--pull" flag: it must be one of always, never'],
  ['--constructor x', 'unknown flag: --constructor'],
  ['--help=x', 'unknown flag: --help'],
];

for (const [line, message] of BAD) {
  test(`a flag is refused: ${line}`, (t) => {
    const error = t.throws(() => parseArguments(TABLE, line.split(' '), { command: 'run' }), {
      instanceOf: UsageError,
    });
    t.is(error?.message, message);
    t.is(error?.command, 'run');
    t.is(error?.exitCode, 125);
  });
}
