// docker exec with the command lines people have, and with tsker's own: the same words and exit codes from all of them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Daemon } from '../helpers/daemon.ts';
import { type DockerCli, dockerClis } from '../helpers/docker-cli.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, start, startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
let box: string;
test.before(async () => {
  daemon = await startWithBusybox(suite);
  box = await start(daemon, { Cmd: ['sleep', '100000'] }, 'box');
});

const CLIS: readonly [string, () => DockerCli][] = [
  ...dockerClis().map((name): [string, () => DockerCli] => [`docker ${name}`, () => daemon.docker(name)]),
  ['tsker', () => daemon.tsker],
];

for (const [name, cli] of CLIS) {
  test(`${name}: output and exit code`, async (t) => {
    const result = await cli().run(['exec', 'box', 'sh', '-c', 'echo out; echo err >&2; exit 5']);
    t.deepEqual([result.code, result.stdout, result.stderr], [5, 'out\n', 'err\n']);
  });

  test(`${name}: options`, async (t) => {
    const file = join(tempdir(t, 'env'), 'env');
    writeFileSync(file, 'FILE=1\n');
    const options = ['-e', 'A=b', '--env-file', file, '-u', '33:50', '-w', '/etc'];
    const script = 'echo $A $FILE; id -u; id -g; pwd';
    t.is(await cli().ok(['exec', ...options, 'box', 'sh', '-c', script]), 'b 1\n33\n50\n/etc');
    const effective = await cli().ok(['exec', '--privileged', 'box', 'grep', 'CapEff', '/proc/self/status']);
    t.is(effective.split(/\s+/)[1], /^CapEff:\s+(\w+)$/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]);
  });

  test(`${name}: stdin`, async (t) => {
    const input = 'x'.repeat(500_000);
    t.is(await cli().ok(['exec', '-i', 'box', 'wc', '-c'], { input }), '500000');
    t.is(await cli().ok(['exec', 'box', 'wc', '-c'], { input }), '0');
  });

  test(`${name}: a program that is missing or no program`, async (t) => {
    const missing = await cli().run(['exec', 'box', 'nosuchprogram']);
    t.is(missing.code, 127);
    t.regex(missing.stdout + missing.stderr, /exec: "nosuchprogram": executable file not found in \$PATH/);
    const text = await cli().run(['exec', 'box', '/etc/passwd']);
    t.is(text.code, 126);
    t.regex(text.stdout + text.stderr, /permission denied/);
  });

  test(`${name}: killed by a signal`, async (t) => {
    t.is((await cli().run(['exec', 'box', 'sh', '-c', 'kill -9 $$'])).code, 137);
  });

  test(`${name}: in the background`, async (t) => {
    const mark = `/tmp/${name.replace(' ', '-')}`;
    t.is(await cli().ok(['exec', '-d', 'box', 'touch', mark]), '');
    await waitFor('the file', async () => (await cli().run(['exec', 'box', 'ls', mark])).code === 0);
  });

  test(`${name}: a container that does not run`, async (t) => {
    const result = await cli().run(['exec', 'nosuch', 'true']);
    t.is(result.code, 1);
    t.regex(result.stderr, /No such container: nosuch/);
  });

  test(`${name}: a terminal: size, resize, input, exit code`, async (t) => {
    const terminal = cli().terminal(t, ['exec', '-it', 'box', 'sh'], { rows: 31, columns: 97 });
    await terminal.expect(/[#$] /);
    terminal.type('stty size; tty\n');
    await terminal.expect(/31 97\s+\/dev\/pts\/\d+/);
    terminal.resize(41, 120);
    await waitFor('the new size', async () => {
      terminal.type('stty size\n');
      return /41 120/.test(terminal.shown());
    });
    terminal.type('exit 9\n');
    t.is(await terminal.exited, 9);
  });

  test(`${name}: the detach keys`, async (t) => {
    const terminal = cli().terminal(t, [
      'exec',
      '-it',
      '--detach-keys',
      'ctrl-x,x',
      'box',
      'sh',
      '-c',
      'echo ready; cat',
    ]);
    await terminal.expect(/ready/);
    terminal.type('\x18x');
    await terminal.exited;
    const { ExecIDs } = await inspect<{ ExecIDs: string[] }>(daemon, box);
    t.true(ExecIDs.length > 0);
  });
}
