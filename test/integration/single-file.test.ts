// The executable is tsker and not Node: what a user's words or environment say to Node is none of its business. Needs what
// TSKER_BIN names (dist/tsker), and root for the daemon.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type Daemon, startDaemon, tskerCommand } from '../helpers/daemon.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';

const suite = suiteOwner(test);
const IMAGE = 'tsker/busybox';
/** From source, Node itself reads the command line first, and rightly so. */
const singleFile = needing(test, { 'the single file': tskerCommand().length === 1 });
let daemon: Daemon;

test.before(async () => {
  daemon = await startDaemon(suite, {
    env: tskerCommand().length === 1 ? { NODE_OPTIONS: '--not-an-option', NODE_PENDING_DEPRECATION: '1' } : {},
  });
  await daemon.tsker.ok(['pull', IMAGE]);
});

singleFile('options of Node in the words of a program reach the program', async (t) => {
  const words = ['--env-file=/nosuch', '--env-file', '/nosuch', '--inspect', '--require', 'x', '--', '--version', '-e'];
  t.is(await daemon.tsker.ok(['run', '--rm', IMAGE, 'echo', ...words]), words.join(' '));
});

singleFile("--env-file is the container's, and nothing of it is ours", async (t) => {
  const file = join(tempdir(t), 'env');
  writeFileSync(file, 'ONE=1\nNODE_OPTIONS=--not-an-option\nPASSED\nTSKER_HOST=unix:///nosuch\n');
  const seen = await daemon.tsker.ok(['run', '--rm', '--env-file', file, IMAGE, 'env'], { env: { PASSED: 'on' } });
  const lines = seen.split('\n');
  for (const line of ['ONE=1', 'NODE_OPTIONS=--not-an-option', 'PASSED=on', 'TSKER_HOST=unix:///nosuch']) {
    t.true(lines.includes(line), line);
  }
});

singleFile('an --env-file that is missing is an error of ours', async (t) => {
  for (const args of [['--env-file', '/nosuch/env'], ['--env-file=/nosuch/env']]) {
    const { code, stderr } = await daemon.tsker.run(['run', '--rm', ...args, IMAGE, 'true']);
    t.is(code, 125);
    t.regex(stderr, /^tsker: open \/nosuch\/env: no such file or directory/);
  }
});

singleFile("the user's NODE_OPTIONS are for the user's own programs", async (t) => {
  const env = { ...process.env, NODE_OPTIONS: '--not-an-option' };
  const { code, stdout } = await run([...tskerCommand(), '--version'], { env });
  t.is(code, 0);
  t.regex(stdout, /^tsker version /);
});

test('nothing is written beside the data root and the exec root', async (t) => {
  const home = tempdir(t, 'home');
  const { code } = await run([...tskerCommand(), '--help'], {
    env: { PATH: process.env['PATH'], HOME: home },
    cwd: home,
  });
  t.is(code, 0);
  t.false(existsSync(join(home, '.cache')));
});

test('it runs without any environment, and from a directory that is gone', async (t) => {
  const gone = tempdir(t, 'gone');
  const script = 'cd "$0" && rmdir "$0" && exec "$@"';
  const { code, stdout, stderr } = await run(['/bin/sh', '-c', script, gone, ...tskerCommand(), '--version'], {
    env: {},
  });
  t.is(code, 0, stderr);
  t.regex(stdout, /^tsker version /);
});

singleFile('SIGUSR1 opens no debugger: the daemon goes on, a client passes it to the container', async (t) => {
  const before = daemon.output();
  process.kill(daemon.pid, 'SIGUSR1');
  const script = 'trap "echo got; exit 3" USR1; echo ready; while :; do sleep 0.05; done';
  const terminal = daemon.tsker.terminal(t, ['run', '--rm', IMAGE, 'sh', '-c', script]);
  await terminal.expect(/ready/);
  const children = readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, 'utf8');
  process.kill(Number(children.trim()), 'SIGUSR1');
  await terminal.expect(/got/);
  t.is(await terminal.exited, 3);
  t.notRegex(terminal.shown() + daemon.output().slice(before.length), /[Dd]ebugger/);
  t.is((await daemon.api('GET', '/_ping')).status, 200);
});
