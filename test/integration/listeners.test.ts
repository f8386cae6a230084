// Where the API is served besides its socket: TCP with TLS, for clients that show a certificate, and sockets of systemd. The docker
// CLI and tsker's are the clients. Needs root; openssl, python3.
import { mkdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { makeAuthority } from '../helpers/authority.ts';
import { startDaemon, tskerCommand } from '../helpers/daemon.ts';
import { DOCKER_CLIS, type DockerCli, dockerClis, engineCli } from '../helpers/docker-cli.ts';
import { call } from '../helpers/http.ts';
import { run } from '../helpers/run.ts';
import { freePort } from '../helpers/subnet.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { startWithBusybox } from './daemon.harness.ts';

/** A directory as DOCKER_CERT_PATH names it. */
function certificatesAt(directory: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(directory);
  for (const [name, path] of Object.entries(files)) symlinkSync(path, join(directory, `${name}.pem`));
  return directory;
}

test('with --tlsverify clients show a certificate, and are served as on the socket', async (t) => {
  t.timeout(120_000);
  const base = tempdir(t, 'tls');
  const [authority, strangers] = [makeAuthority(t, 'ours'), makeAuthority(t, 'strangers')];
  const [server, client, stranger] = [authority.issue('server'), authority.issue('client'), strangers.issue('client')];
  const port = await freePort();
  const daemon = await startWithBusybox(t, {
    args: [
      ...['--tlsverify', '--tlscacert', authority.cert, '--tlscert', server.cert, '--tlskey', server.key],
      ...['-H', `tcp://127.0.0.1:${port}`],
    ],
  });
  const at = (command: readonly string[], certificates: string): DockerCli =>
    engineCli(command, {
      ...process.env,
      HOME: base,
      DOCKER_CONFIG: base,
      DOCKER_HOST: `tcp://127.0.0.1:${port}`,
      TSKER_HOST: undefined,
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: certificates,
    });
  const good = certificatesAt(join(base, 'good'), { ca: authority.cert, cert: client.cert, key: client.key });
  const wrong = certificatesAt(join(base, 'wrong'), { ca: authority.cert, cert: stranger.cert, key: stranger.key });
  const deceived = certificatesAt(join(base, 'deceived'), { ca: strangers.cert, cert: client.cert, key: client.key });
  const commands = [tskerCommand(), ...dockerClis().map((name) => [DOCKER_CLIS[name]])];
  for (const command of commands) {
    const cli = at(command, good);
    t.is(
      await cli.ok(['run', '--rm', '-i', 'busybox', 'cat'], { input: 'there and back' }),
      'there and back',
      cli.path,
    );
    t.is((await cli.run(['run', '--rm', 'busybox', 'sh', '-c', 'echo out; echo err >&2; exit 7'])).code, 7);
    t.is((await at(command, wrong).run(['ps'])).code, 1, 'a certificate of somebody else');
    const { code, stderr } = await at(command, deceived).run(['ps']);
    t.is(code, 1, 'a daemon of somebody else');
    t.regex(stderr, /certificate/);
  }
  const terminal = at(tskerCommand(), good).terminal(t, ['run', '--rm', '-it', 'busybox', 'tty']);
  await terminal.expect(/\/dev\/pts\/0/);
  await t.throwsAsync(
    call({ target: `http://127.0.0.1:${port}`, method: 'GET', path: '/_ping' }),
    undefined,
    'plain text',
  );
  t.true((await daemon.api('GET', '/_ping')).status === 200, 'the socket needs none');
});

test('sockets that systemd opened', async (t) => {
  const socket = join(tempdir(t, 'activated'), 's');
  const daemon = await startDaemon(t, {
    args: ['--bridge', 'none', '-H', 'fd://'],
    through: ['python3', join(import.meta.dirname, '../helpers/activate.py'), socket],
  });
  for (const target of [socket, `${socket}2`, daemon.socket]) {
    t.is((await call({ target, method: 'GET', path: '/_ping' })).text, 'OK', target);
  }
  t.notRegex(readFileSync(`/proc/${daemon.pid}/environ`, 'utf8'), /LISTEN_FDS=[^2]/);
  t.truthy(readlinkSync(`/proc/${daemon.pid}/fd/3`));
});

test('without systemd fd:// is refused, without certificates TLS', async (t) => {
  const base = tempdir(t, 'refused');
  const started = (args: readonly string[]) =>
    run([
      ...[
        ...tskerCommand(),
        'daemon',
        '--data-root',
        join(base, 'r'),
        '--exec-root',
        join(base, 'e'),
        '--pidfile',
        join(base, 'p'),
      ],
      ...['--bridge', 'none', ...args],
    ]);
  t.regex((await started(['-H', 'fd://'])).stderr, /no sockets found via socket activation/);
  const tls = await started(['-H', 'tcp://127.0.0.1:1', '--tls', '--tlscert', join(base, 'none.pem')]);
  t.regex(tls.stderr, /invalid TLS configuration: could not read certificate ".*none.pem"/);
});
