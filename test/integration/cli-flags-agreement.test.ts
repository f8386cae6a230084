// Every command and every flag of the docker command line is tsker's as well, but for those that the table here says why not. Read from
// the help of Debian's 20.10 and of the newest client there is. Needs: a docker CLI.
import anyTest, { type TestFn } from 'ava';
import type { FlagTable } from '../../src/cli/flags/spec.ts';
import { GLOBAL_FLAGS } from '../../src/cli/global-flags.ts';
import { findCommand } from '../../src/cli/table.ts';
import { DOCKER_CLIS, dockerClis } from '../helpers/docker-cli.ts';
import { ok } from '../helpers/run.ts';

const test = anyTest as TestFn;

/** What Docker has and tsker has not. `*` for the flag: the command itself. */
const LACKING: readonly (readonly [command: RegExp, flag: RegExp, why: string])[] = [
  [/^(swarm|node|service|stack|secret|config) /, /^\*$/, 'there is no swarm mode'],
  [/^network create$/, /^--(config-from|config-only|ingress)$/, "networks of a swarm's nodes"],
  [
    /^volume (create|ls|update)$/,
    /^(\*|--(availability|cluster|group|limit-bytes|required-bytes|scope|secret|sharing|topology-\w+|type))$/,
    "a swarm's cluster volumes",
  ],
  [/^plugin /, /^\*$/, 'plugins are programs that the user starts; they are not installed from a registry'],
  [/^(trust|manifest) /, /^\*$/, 'they are registry tools of the client, and ask no daemon'],
  [/^context /, /^\*$/, 'a host is named with -H or TSKER_HOST, and there is nothing else to remember'],
  [/^$/, /^--context$/, 'as above'],
  [/^checkpoint /, /^\*$/, 'there are no checkpoints'],
  [/^(container )?start$/, /^--checkpoint(-dir)?$/, 'there are no checkpoints'],
  [/^(container )?(run|create)$/, /^--gpus$/, 'there is no GPU runtime; --device gives a device'],
  [/^(container )?(run|create)$/, /^--use-api-socket$/, 'experimental in 28'],
  [
    /^(build|builder build|image build|(container )?(run|create))$/,
    /^--(isolation|cpu-count|cpu-percent|io-max\w+)$/,
    "Windows'",
  ],
  [/^(image rm|rmi)$/, /^--platform$/, 'an image here has one platform'],
  [/^(images|image ls)$/, /^--tree$/, 'experimental in 28'],
  [/^version$/, /^--kubeconfig$/, "Kubernetes' part of 20.10's client"],
];

interface DockerCommand {
  readonly words: string;
  readonly flags: readonly DockerFlag[];
}

interface DockerFlag {
  readonly long: string;
  readonly short: string | undefined;
  /** It takes a value. */
  readonly valued: boolean;
}

/** Lines of help like `  -a, --all        Show all` and `      --name string  Assign`. */
function flagsOf(help: string): DockerFlag[] {
  return [...help.matchAll(/^ {2,6}(?:-(\w), )?--([\w-]+)(?: ([a-z][\w-]*))?(?: {2,}|$)/gm)].map(
    ([, short, long = '', type]) => ({
      ...{ long, short, valued: type !== undefined },
    }),
  );
}

/** Names below a heading that ends in `Commands:`. */
function commandsOf(help: string): string[] {
  const blocks = help.matchAll(/^[\w ]*Commands:\n((?: {2}\S.*\n?| {6,}.*\n?)+)/gm);
  return [...blocks].flatMap(([, block = '']) =>
    [...block.matchAll(/^ {2}([a-z][\w-]*)\*? /gm)].map(([, name = '']) => name),
  );
}

async function dockerCommands(program: string): Promise<DockerCommand[]> {
  const help = (words: readonly string[]): Promise<string> =>
    ok([program, ...words, '--help'], { env: { ...process.env, COLUMNS: '200' } });
  const walk = async (words: readonly string[]): Promise<DockerCommand[]> => {
    const text = await help(words);
    const below = commandsOf(text);
    if (words.length > 0 && below.length === 0) return [{ words: words.join(' '), flags: flagsOf(text) }];
    const all: DockerCommand[] = words.length === 0 ? [{ words: '', flags: flagsOf(text) }] : [];
    // Its words are no commands of the table: cli/completion/script.ts.
    for (const name of below) if (name !== 'completion') all.push(...(await walk([...words, name])));
    return all;
  };
  return walk([]);
}

async function missing({ words, flags }: DockerCommand): Promise<string[]> {
  if (words === '') return missingFlags(words, flags, GLOBAL_FLAGS);
  const found = findCommand(words.split(' '));
  if (found === undefined || found.rest.length > 0) return [`${words} *`];
  return missingFlags(words, flags, (await found.entry.load()).flags);
}

function missingFlags(words: string, flags: readonly DockerFlag[], table: FlagTable): string[] {
  return flags.flatMap(({ long, short, valued }) => {
    if (long === 'help') return [];
    const own = Object.entries(table).find(([name, spec]) => name === long || spec.alias === long)?.[1];
    if (own === undefined) return [`${words} --${long}`];
    return [
      ...(short === undefined || own.short === short ? [] : [`${words} -${short}`]),
      ...(valued === (own.kind !== 'boolean') ? [] : [`${words} --${long} ${valued ? 'takes' : 'takes no'} value`]),
    ];
  });
}

const used = new Set<RegExp>();

function isAccepted(lacking: string): boolean {
  const at = lacking.search(/(?:^| )[-*]/);
  const [command, flag] = [lacking.slice(0, at).trim(), lacking.slice(at).trim()];
  const row = LACKING.find(([commands, flags]) => commands.test(command) && flags.test(flag));
  if (row !== undefined) used.add(row[1]);
  return row !== undefined;
}

for (const name of dockerClis()) {
  test.serial(`every command and flag of the ${name} docker CLI is there, or has a reason not to be`, async (t) => {
    const commands = await dockerCommands(DOCKER_CLIS[name]);
    t.true(commands.length > 40, 'its help was understood');
    const lacking = (await Promise.all(commands.map(missing))).flat();
    t.deepEqual(
      lacking.filter((one) => !isAccepted(one)),
      [],
    );
  });
}

test.serial('every reason is still needed', (t) => {
  const unused = dockerClis().length < 2 ? [] : LACKING.filter(([, flag]) => !used.has(flag));
  t.deepEqual(
    unused.map(([command, flag]) => `${command} ${flag}`),
    [],
  );
});
