// tsker's command line against its own daemon and against a Docker Engine: what works must work on both.
// Needs: root, busybox-static, Debian's dockerd, docker-registry, python3.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { dockerArchive } from '../helpers/archive.ts';
import { busyboxImage } from '../helpers/busybox.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { startRegistry } from '../helpers/registry.ts';
import { waitFor } from '../helpers/wait.ts';
import { type CliEngine, type EngineName, startEngine } from './cli-engine.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const engines = new Map<EngineName, CliEngine>();

test.before('the engines start', async () => {
  for (const name of ['docker', 'tsker'] as const) engines.set(name, await startEngine(suite, name));
});

/** One test for each engine; one at a time, because a terminal that is waited for must not wait for a processor. */
function both(title: string, body: (t: ExecutionContext, engine: CliEngine) => Promise<void>): void {
  for (const name of ['docker', 'tsker'] as const) {
    test.serial(`${title} (${name})`, async (t) => {
      const engine = engines.get(name);
      if (engine === undefined) return t.fail(`${name} did not start`);
      await body(t, engine);
    });
  }
}

const unique = (): string => `c${randomBytes(6).toString('hex')}`;

both('run shows stdout and stderr apart and ends as the program did', async (t, { tsker }) => {
  const result = await tsker.run(['run', '--rm', 'busybox', 'sh', '-c', 'echo out; echo err >&2; exit 7']);
  t.like(result, { code: 7, stdout: 'out\n', stderr: 'err\n' });
});

both('run tells by its exit code what went wrong', async (t, { tsker }) => {
  const codeOf = async (...args: readonly string[]): Promise<number> =>
    (await tsker.run(['run', '--rm', ...args])).code;
  t.is(await codeOf('busybox', 'no-such-program'), 127);
  t.is(await codeOf('busybox', '/etc'), 126);
  t.is(await codeOf('--pull', 'never', 'no/such:image'), 125);
  t.is(await codeOf('busybox', 'sh', '-c', 'kill -9 $$; exec sh -c "exit 9"'), 9);
});

both('run gives stdin to the program and tells it when it ends', async (t, { tsker }) => {
  const input = randomBytes(300_000).toString('hex');
  const result = await tsker.run(['run', '-i', '--rm', 'busybox', 'cat'], { input });
  t.is(result.code, 0, result.stderr);
  t.is(result.stdout.length, input.length);
  t.true(result.stdout === input);
});

both('a program that does not read its input still has its output and its exit code', async (t, { tsker }) => {
  const input = Buffer.alloc(5_000_000, 'typed\n');
  const result = await tsker.run(['run', '-i', '--rm', 'busybox', 'sh', '-c', 'seq 20000; exit 4'], { input });
  t.is(result.code, 4, result.stderr);
  t.is(result.stdout.length, 108_894);
});

both('a lot of output arrives whole', async (t, { tsker }) => {
  const result = await tsker.run(['run', '--rm', 'busybox', 'seq', '200000']);
  t.is(result.stdout.length, 1_288_895);
  t.true(result.stdout.endsWith('\n199999\n200000\n'));
});

both('flags reach the program: environment, directory, user, name of the host, entry point', async (t, { tsker }) => {
  const args = ['-e', 'A=one', '-w', '/tmp', '-u', '33:33', '-h', 'web', '--entrypoint', 'sh'];
  const script = 'echo $A $(pwd) $(id -u):$(id -g) $(hostname)';
  t.is(await tsker.ok(['run', '--rm', ...args, 'busybox', '-c', script]), 'one /tmp 33:33 web');
});

both('a container lives through create, start, logs, stop, wait and rm', async (t, { tsker }) => {
  const name = unique();
  const script = 'trap "echo stopped; exit 3" TERM; echo started; while :; do sleep 0.1; done';
  const id = await tsker.ok(['create', '--name', name, '-l', 'made=here', 'busybox', 'sh', '-c', script]);
  t.regex(id, /^[0-9a-f]{64}$/);
  t.is(await tsker.ok(['ps', '-aqf', `name=${name}`]), id.slice(0, 12));
  t.is(await tsker.ok(['ps', '-qf', `name=${name}`]), '');
  t.is(await tsker.ok(['start', name]), name);
  await waitFor('the first line', async () => (await tsker.ok(['logs', name])) === 'started');
  t.is(await tsker.ok(['inspect', '-f', '{{.State.Status}} {{index .Config.Labels "made"}}', name]), 'running here');
  const waiting = tsker.ok(['wait', name]);
  t.is(await tsker.ok(['stop', name]), name);
  t.is(await waiting, '3');
  t.is(await tsker.ok(['logs', '--tail', '1', name]), 'stopped');
  t.regex(
    await tsker.ok(['ps', '-a', '--format', '{{.Names}} {{.Status}}', '-f', `name=${name}`]),
    /^c\w+ Exited \(3\)/,
  );
  t.is(await tsker.ok(['rm', name]), name);
  t.is((await tsker.run(['inspect', name])).code, 1);
});

both('several containers are handled at once, and one failure does not stop the others', async (t, { tsker }) => {
  const [one, two] = [unique(), unique()];
  await tsker.ok(['run', '-d', '--name', one, 'busybox', 'sleep', '600']);
  await tsker.ok(['run', '-d', '--name', two, 'busybox', 'sleep', '600']);
  const killed = await tsker.run(['kill', one, 'no-such-container', two]);
  t.like(killed, { code: 1, stdout: `${one}\n${two}\n` });
  t.regex(killed.stderr, /^tsker: .*no-such-container.*\n$/);
  t.is(await tsker.ok(['rm', '-f', one, two]), `${one}\n${two}`);
});

both('logs follow a container to its end', async (t, { tsker }) => {
  const name = unique();
  await tsker.ok(['run', '-d', '--name', name, 'busybox', 'sh', '-c', 'for i in 1 2 3; do echo $i; sleep 0.3; done']);
  t.is(await tsker.ok(['logs', '-f', name]), '1\n2\n3');
  t.regex(await tsker.ok(['logs', '-t', '--tail', '1', name]), /^\d{4}-\d\d-\d\dT\S+Z 3$/);
  await tsker.ok(['rm', name]);
});

both('a signal that reaches run reaches the program', async (t, { tsker }) => {
  const script = 'trap "echo got it; exit 4" USR1; echo ready; while :; do sleep 0.1; done';
  const terminal = tsker.terminal(t, ['run', '--rm', 'busybox', 'sh', '-c', script]);
  await terminal.expect(/ready/);
  process.kill(childOf(terminal.pid), 'SIGUSR1');
  await terminal.expect(/got it/);
  t.is(await terminal.exited, 4);
});

both('a third SIGINT ends run when the program takes none, and leaves the container', async (t, { tsker }) => {
  const name = unique();
  const terminal = tsker.terminal(t, ['run', '--name', name, 'busybox', 'sh', '-c', 'echo ready; exec sleep 1000']);
  await terminal.expect(/ready/);
  for (let signals = 0; signals < 3; signals += 1) {
    process.kill(childOf(terminal.pid), 'SIGINT');
    await setTimeout(300);
  }
  await terminal.expect(/got 3 SIGTERM\/SIGINTs, forcefully exiting/);
  t.is(await terminal.exited, 1);
  t.is(await tsker.ok(['inspect', '-f', '{{.State.Running}}', name]), 'true');
  await tsker.ok(['rm', '-f', name]);
});

both('run -it is a terminal of the right size, that follows ours', async (t, { tsker }) => {
  const terminal = tsker.terminal(t, ['run', '-it', '--rm', 'busybox', 'sh'], { rows: 31, columns: 97 });
  await terminal.expect(/# /);
  // The size follows the start, and on a busy machine at some distance.
  const untilSize = (size: string): void =>
    terminal.type(`until [ "$(stty size 2>&1)" = "${size}" ]; do sleep 0.1; done; echo "it is $(stty size)"\n`);
  untilSize('31 97');
  await terminal.expect(/it is 31 97/);
  terminal.resize(40, 120);
  untilSize('40 120');
  await terminal.expect(/it is 40 120/);
  terminal.type('exit 5\n');
  t.is(await terminal.exited, 5);
});

both('the detach keys leave a container running, and attach comes back to it', async (t, { tsker }) => {
  const name = unique();
  const first = tsker.terminal(t, ['run', '-it', '--name', name, 'busybox', 'sh']);
  await first.expect(/# /);
  // As fingers do: Docker 20.10 knows the keys only when each comes in a read of its own.
  first.type('\x10');
  await setTimeout(300);
  first.type('\x11');
  t.is(await first.exited, 0);
  t.is(await tsker.ok(['inspect', '-f', '{{.State.Running}}', name]), 'true');
  const second = tsker.terminal(t, ['attach', name]);
  second.type('echo $((40 + 2))\n');
  await second.expect(/42/);
  second.type('exit 6\n');
  t.is(await second.exited, 6);
  const third = tsker.terminal(t, ['start', name]);
  t.is(await third.exited, 0);
  const fourth = tsker.terminal(t, ['attach', name]);
  fourth.type('\n');
  await fourth.expect(/# /);
  fourth.type('\x10');
  await setTimeout(300);
  fourth.type('\x11');
  t.is(await fourth.exited, 1, 'an error to Docker, unlike that of run');
  await fourth.expect(/read escape sequence/);
  await tsker.ok(['rm', '-f', name]);
});

both('start -ai is attached from the first byte on', async (t, { tsker }) => {
  const name = unique();
  await tsker.ok(['create', '-i', '--name', name, 'busybox', 'sh', '-c', 'echo first; cat; exit 8']);
  t.like(await tsker.run(['start', '-ai', name], { input: 'typed' }), { code: 8, stdout: 'first\ntyped' });
  await tsker.ok(['rm', name]);
});

both('events tell what happened, as it did', async (t, { tsker }) => {
  const name = unique();
  await tsker.ok(['run', '--rm', '--name', name, 'busybox', 'true']);
  const shown = await tsker.ok([
    'events',
    '--since',
    '1m',
    '--until',
    '0s',
    '-f',
    `container=${name}`,
    '--format',
    '{{.Action}}',
  ]);
  const actions = shown.split('\n').filter((action) => !action.startsWith('network'));
  t.deepEqual(actions, ['create', 'attach', 'start', 'die', 'destroy']);
});

both('an archive is loaded, its image listed, inspected, run and removed', async (t, { tsker }) => {
  const tag = `loaded-${unique()}:1`;
  const archive = dockerArchive(await busyboxImage({ config: { Cmd: ['echo', tag] } }), [tag]);
  t.is(await tsker.ok(['load'], { input: archive }), `Loaded image: ${tag}`);
  const id = await tsker.ok(['images', '-q', '--no-trunc', tag]);
  t.is(await tsker.ok(['image', 'inspect', '-f', '{{.Id}} {{json .Config.Cmd}}', tag]), `${id} ["echo","${tag}"]`);
  t.is(await tsker.ok(['run', '--rm', tag]), tag);
  t.regex(await tsker.ok(['rmi', tag]), new RegExp(`^Untagged: ${tag}\nDeleted: ${id}`));
  t.is((await tsker.run(['rmi', tag])).code, 1);
});

test.serial('run fetches an image it lacks, shows how, and has it the next time', async (t) => {
  const { tsker } = engines.get('tsker') ?? t.fail('tsker did not start');
  const registry = await startRegistry(t);
  const name = `${registry.host}/lines`;
  const layers = [{ entries: [{ path: 'unique', content: randomBytes(100) }] }];
  const image = await busyboxImage({ layers, config: { Cmd: ['echo', 'fetched'] } });
  await pushImage(image, { url: registry.url, name: 'lines', tag: '1' });
  const first = await tsker.run(['run', '--rm', `${name}:1`]);
  t.like(first, { code: 0, stdout: 'fetched\n' }, first.stderr);
  t.regex(first.stderr, new RegExp(`^Unable to find image '${name}:1' locally\n1: Pulling from \\S*lines\n`));
  t.regex(first.stderr, /\n[0-9a-f]{12}: Pull complete\n/);
  t.false(first.stderr.includes('\x1b'), 'no drawing without a terminal');
  t.like(await tsker.run(['run', '--rm', `${name}:1`]), { code: 0, stdout: 'fetched\n', stderr: '' });
  await tsker.ok(['rmi', `${name}:1`]);
  const terminal = tsker.terminal(t, ['pull', `${name}:1`], { columns: 150 });
  t.is(await terminal.exited, 0);
  t.regex(terminal.shown().replaceAll('\x1b', '<esc>'), /<esc>\[1A<esc>\[2K\s*[0-9a-f]{12}: Pull complete/);
  t.true(terminal.shown().trimEnd().endsWith(`${name}:1`));
  t.regex((await tsker.run(['pull', `${name}:2`])).stderr, /^tsker: .*\n/);
});

both('both halves say who they are', async (t, { tsker }) => {
  t.regex(
    await tsker.ok(['version']),
    /^Client: tsker\n[\s\S]*\nServer: [\s\S]*\n API version: +1\.\d+ \(minimum version 1\.\d+\)\n/,
  );
  t.regex(await tsker.ok(['info']), /\nServer:\n Containers: \d+\n[\s\S]*\n Storage Driver: \w+\n/);
  t.regex(await tsker.ok(['ping']), /^OK from unix:/);
});

/** The program in the terminal is the holder's only child. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}
