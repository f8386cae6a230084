// Whole command lines without a daemon: what is printed where, and the exit code.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import test from 'ava';
import { runClient } from '../../../src/cli/main.ts';
import { COMMANDS, findCommand } from '../../../src/cli/table.ts';
import { CLIENT_VERSION } from '../../../src/cli/version.ts';

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function tsker(...argv: readonly string[]): Promise<Result> {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const io = { ...streams, columns: undefined, print: (text: string) => void streams.stdout.write(text) };
  const code = await runClient({ argv, env: { TSKER_HOST: 'unix:///nowhere.sock' }, io });
  const text = (stream: PassThrough): string => String(stream.read() ?? '');
  return { code, stdout: text(streams.stdout), stderr: text(streams.stderr) };
}

const ERRORS: readonly [string, number, string][] = [
  ['stpo', 1, "tsker: 'stpo' is not a tsker command.\nDid you mean: tsker stop?\nSee 'tsker --help'\n"],
  ['zzzzzzzz', 1, "tsker: 'zzzzzzzz' is not a tsker command.\nSee 'tsker --help'\n"],
  [
    'container stpo',
    1,
    "tsker: 'container stpo' is not a tsker command.\nDid you mean: tsker container stop?\nSee 'tsker container --help'\n",
  ],
  ['help nosuch', 1, "tsker: 'nosuch' is not a tsker command.\nSee 'tsker --help'\n"],
  ['ps --al', 125, "tsker: unknown flag: --al\nDid you mean: --all?\nSee 'tsker ps --help'\n"],
  ['container ls --zzz', 125, "tsker: unknown flag: --zzz\nSee 'tsker container ls --help'\n"],
  ['--hots x ps', 125, "tsker: unknown flag: --hots\nDid you mean: --host?\nSee 'tsker --help'\n"],
  ['run', 1, 'tsker: "tsker run" requires at least 1 argument.\nSee \'tsker run --help\'\n'],
  ['logs', 1, 'tsker: "tsker logs" requires exactly 1 argument.\nSee \'tsker logs --help\'\n'],
  ['ps x', 1, 'tsker: "tsker ps" accepts no arguments.\nSee \'tsker ps --help\'\n'],
  ['images a b', 1, 'tsker: "tsker images" requires at most 1 argument.\nSee \'tsker images --help\'\n'],
  [
    'run -m x image',
    125,
    'tsker: invalid argument "x" for "-m, --memory" flag: invalid size: \'x\'\nSee \'tsker run --help\'\n',
  ],
  [
    'run --rm --restart always image',
    125,
    "tsker: conflicting options: cannot specify both --restart and --rm\nSee 'tsker run --help'\n",
  ],
  ['run -d -a stdout image', 125, "tsker: conflicting options: cannot attach and detach\nSee 'tsker run --help'\n"],
  ['run -it image', 1, 'tsker: the input device is not a TTY\n'],
  [
    'ps',
    1,
    'tsker: cannot connect to the tsker daemon at unix:///nowhere.sock. Is it running?\nstart it with: tsker daemon &\n',
  ],
  [
    'run image',
    125,
    'tsker: cannot connect to the tsker daemon at unix:///nowhere.sock. Is it running?\nstart it with: tsker daemon &\n',
  ],
  [
    '-H ftp://x ps',
    1,
    'tsker: invalid host "ftp://x": the scheme ftp:// is not supported\nhosts look like unix:///var/run/tsker.sock or tcp://192.0.2.1:2375 or ssh://user@host\n',
  ],
  ['-H unix:///a -H unix:///b ps', 1, 'tsker: please specify only one -H\n'],
  ['load -i /no/such/file', 1, 'tsker: open /no/such/file: no such file or directory\n'],
  ['completion csh', 125, "tsker: no completion for 'csh': use bash, zsh or fish\nSee 'tsker --help'\n"],
  [
    'buildx build .',
    1,
    "tsker: 'buildx' is not a tsker command: there is no BuildKit here.\nuse tsker build; with Docker's command line: DOCKER_BUILDKIT=0 docker build\n",
  ],
];

for (const [line, code, stderr] of ERRORS) {
  test(`an error is said in words: tsker ${line}`, async (t) => {
    t.deepEqual(await tsker(...line.split(' ')), { code, stdout: '', stderr });
  });
}

test('version says the version of package.json', async (t) => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
  t.is(CLIENT_VERSION, version);
  t.deepEqual(await tsker('--version'), { code: 0, stdout: `tsker version ${version}\n`, stderr: '' });
});

test('a failed request leaves the answer of the client', async (t) => {
  const { code, stdout } = await tsker('version');
  t.is(code, 1);
  t.regex(stdout, /^Client: tsker\n Version: /);
});

for (const entry of COMMANDS) {
  for (const name of entry.names) {
    test(`there is help with an example: tsker ${name} --help`, async (t) => {
      const { code, stdout, stderr } = await tsker(...name.split(' '), '--help');
      t.is(code, 0);
      t.is(stderr, '');
      t.true(stdout.startsWith(`Usage:  tsker ${entry.names[0]}`));
      t.true(stdout.includes(entry.summary));
      t.regex(stdout, /Examples:\n {2}tsker /);
    });
  }
}

test('help of the whole groups the commands', async (t) => {
  const { code, stdout } = await tsker();
  t.is(code, 0);
  t.regex(
    stdout,
    /Common Commands:\n {2}run .*\n[\s\S]*Management Commands:\n {2}builder .*\n {2}container .*\n[\s\S]*Commands:\n {2}attach /,
  );
  t.is((await tsker('help')).stdout, stdout);
  t.is((await tsker('--help')).stdout, stdout);
});

test('help of a noun lists what is below it', async (t) => {
  t.regex((await tsker('system')).stdout, /events .*\n {2}host .*\n {2}info /);
  t.is((await tsker('help', 'system')).stdout, (await tsker('system', '--help')).stdout);
});

test('help names a command the way it is found', async (t) => {
  t.is((await tsker('help', 'container', 'ls')).stdout, (await tsker('ps', '--help')).stdout);
});

test('no two commands share a name', (t) => {
  const names = COMMANDS.flatMap((entry) => entry.names);
  t.is(new Set(names).size, names.length);
});

test('no command has two flags of one letter', async (t) => {
  for (const { names, load } of COMMANDS) {
    const letters = Object.values((await load()).flags).flatMap(({ short }) => short ?? []);
    t.is(new Set(letters).size, letters.length, names[0]);
  }
});

test('two words are looked for before one', (t) => {
  t.is(findCommand(['image', 'inspect', 'x'])?.entry.names[0], 'image inspect');
  t.deepEqual(findCommand(['container', 'ls', '-a'])?.rest, ['-a']);
  t.is(findCommand(['nosuch']), undefined);
});

test('a shell is given words to complete', async (t) => {
  const complete = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await tsker('__complete', ...words)).stdout
      .split('\n')
      .map((line) => line.split('\t')[0] ?? '')
      .filter((word) => word !== '');
  t.deepEqual(await complete('sto'), ['stop']);
  t.deepEqual(await complete('container', 'l'), ['list', 'logs', 'ls']);
  t.deepEqual(await complete('run', '--cap'), ['--cap-add', '--cap-drop']);
  t.deepEqual(await complete('rm', ''), []);
  t.deepEqual(await complete('-H', 'unix:///nowhere', 'sto'), ['stop']);
  t.deepEqual(await complete('system', ''), ['df', 'events', 'host', 'info', 'install-units', 'prune']);
  t.deepEqual(await complete('run', '--restart', 'on'), ['on-failure']);
  t.deepEqual(await complete('run', '--restart=on'), ['--restart=on-failure']);
  t.deepEqual(await complete('kill', '-s', 'US'), ['USR1', 'USR2']);
  t.deepEqual(await complete('build', '-f', 'Doc'), [':files']);
  t.deepEqual(await complete('run', '--name', ''), []);
  t.deepEqual(await complete('completion', 'f'), ['fish']);
  t.deepEqual(await complete('help', 'unp'), ['unpause']);
  t.deepEqual(await complete('no', 'such', 'command'), []);
});

test('a shell is given the script that asks', async (t) => {
  t.regex((await tsker('completion', 'bash')).stdout, /complete .* tsker/);
  t.regex((await tsker('completion', 'zsh')).stdout, /#compdef tsker/);
  t.regex((await tsker('completion', 'fish')).stdout, /complete -c tsker/);
});
