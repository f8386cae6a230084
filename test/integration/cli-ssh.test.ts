// A daemon behind ssh: Debian's sshd on the loopback of a network namespace of its own, `system dial-stdio` on its side, tsker's and
// Docker's command lines on ours. Needs: root, openssh-server.
import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { tskerCommand } from '../helpers/daemon.ts';
import { DOCKER_CLIS, dockerClis } from '../helpers/docker-cli.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { startBackground } from '../helpers/process.ts';
import { makeProgram } from '../helpers/program.ts';
import { ok, type RunOptions, type RunResult, run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { startWithBusybox } from './daemon.harness.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const SSHD = '/usr/sbin/sshd';
const PORT = 2222;
const URL = `ssh://root@127.0.0.1:${PORT}`;
const isThere = existsSync(SSHD);
const check = needing(test.serial, { 'openssh-server': isThere });

/** Runs where the sshd is, with an ssh that knows its keys. */
type Here = (argv: readonly string[], options?: RunOptions) => Promise<RunResult>;

async function startSshd(): Promise<Here> {
  const daemon = await startWithBusybox(suite);
  const directory = tempdir(suite, 'ssh');
  const at = (name: string): string => join(directory, name);
  for (const key of ['host', 'user']) await ok(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', at(key)]);
  const own = tempdir(suite, 'ssh-there');
  makeProgram(own, 'tsker', `exec ${tskerCommand().join(' ')} "$@"`);
  makeProgram(own, 'docker', 'exec tsker "$@"');
  writeFileSync(
    at('sshd_config'),
    [
      ...[`Port ${PORT}`, 'ListenAddress 127.0.0.1', `HostKey ${at('host')}`, `AuthorizedKeysFile ${at('user.pub')}`],
      // More at once than it lets in by default: the tests of this file run side by side.
      'MaxStartups 100',
      ...['StrictModes no', 'UsePAM no', 'PermitRootLogin yes', 'PidFile none'],
      `SetEnv PATH=${own}:/usr/bin:/bin TSKER_HOST=unix://${daemon.socket}`,
    ].join('\n'),
  );
  writeFileSync(
    at('config'),
    [
      `IdentityFile ${at('user')}`,
      'IdentitiesOnly yes',
      'StrictHostKeyChecking no',
      `UserKnownHostsFile ${at('known')}`,
      'LogLevel ERROR',
    ].join('\n'),
  );
  // sshd wants /run/sshd; a /run of its own leaves the host's alone.
  const script = `mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec ${SSHD} -D -e -f ${at('sshd_config')}`;
  const sshd = startBackground(['unshare', '-m', 'sh', '-c', script], { log: at('log'), ownNetwork: true });
  suite.teardown(() => sshd.stop());
  await waitFor('sshd listens', () => /listening/i.test(sshd.output()), { timeout: 20_000 });
  const bin = tempdir(suite, 'ssh-here');
  makeProgram(bin, 'ssh', `exec /usr/bin/ssh -F ${at('config')} "$@"`);
  const env = { ...daemon.tsker.env, PATH: [bin, process.env['PATH']].join(delimiter), TSKER_HOST: undefined };
  return (argv, options = {}) => run(['nsenter', '-t', String(sshd.pid), '-n', ...argv], { ...options, env });
}

const started = isThere ? startSshd() : undefined;

async function over(words: readonly string[], options?: RunOptions): Promise<RunResult> {
  if (started === undefined) throw new Error('there is no sshd');
  return (await started)([...tskerCommand(), '-H', URL, ...words], options);
}

check('commands reach a daemon through ssh', async (t) => {
  const made = await over(['run', '--name', 'far', 'busybox', 'sh', '-c', 'echo out; echo err >&2; exit 3']);
  t.deepEqual([made.code, made.stdout, made.stderr], [3, 'out\n', 'err\n']);
  t.regex((await over(['ps', '-a'])).stdout, /far$/m);
  t.is((await over(['logs', 'far'])).stdout, 'out\n');
});

check('the end of standard input travels, and the answer comes back', async (t) => {
  const sent = `${'x'.repeat(300_000)}\nlast\n`;
  const piped = await over(['run', '-i', '--rm', 'busybox', 'sh', '-c', 'wc -c; echo done'], { input: sent });
  t.deepEqual([piped.code, piped.stdout.trim().split(/\s+/)], [0, [String(sent.length), 'done']], piped.stderr);
});

check('what ssh says is the reason', async (t) => {
  if (started === undefined) return t.fail('there is no sshd');
  const refused = await (await started)([...tskerCommand(), '-H', 'ssh://root@127.0.0.1:2', 'ps']);
  t.is(refused.code, 1);
  t.regex(refused.stderr, /^tsker: cannot reach the daemon at ssh:\/\/root@127\.0\.0\.1:2: .*Connection refused/);
});

for (const name of dockerClis()) {
  check(`the ${name} docker CLI uses system dial-stdio over there`, async (t) => {
    if (started === undefined) return t.fail('there is no sshd');
    const docker = (words: readonly string[]): Promise<RunResult> =>
      started.then((here) => here([DOCKER_CLIS[name], '-H', URL, ...words]));
    const ran = await docker(['run', '--rm', 'busybox', 'echo', 'by docker']);
    t.deepEqual([ran.code, ran.stdout], [0, 'by docker\n'], ran.stderr);
  });
}
