// Log-in, push, save and load by the command lines, ours and Docker's, against a registry with passwords and beside a Docker
// Engine. Needs: root, Debian's dockerd, docker-registry.
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { busyboxEntries } from '../helpers/busybox.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { makeImage, makeLayer } from '../helpers/image.ts';
import { noise } from '../helpers/noise.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { startDocker } from '../helpers/reference-docker.ts';
import { type Registry, startRegistry } from '../helpers/registry.ts';
import { makeTar } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { startTokenServer } from '../helpers/token-server.ts';
import { waitFor } from '../helpers/wait.ts';
import { startFaultyRegistry } from './faulty-registry.ts';

const suite = suiteOwner(test);
// bcrypt of `wonder:land`.
const HTPASSWD = 'alice:$2b$04$Pdnw4cpCzmrrxqQbgXWbs.zHOcOUc1oHK7b0tbHtlkQQ6YuJ7frKm\n';
let registry: Registry;
let daemon: Daemon;

test.before(async () => {
  registry = await startRegistry(suite, { htpasswd: HTPASSWD });
  daemon = await startDaemon(suite);
  await daemon.tsker.ok(['import', '-', 'busybox'], { input: makeTar(await busyboxEntries()) });
});

test.serial('log in, push, pull and log out', async (t) => {
  const env = { DOCKER_CONFIG: tempdir(t, 'config') };
  const { tsker } = daemon;
  const name = `${registry.host}/cli/app:1`;
  await tsker.ok(['tag', 'busybox', name]);
  const refused = await tsker.run(['push', name], { env });
  t.is(refused.code, 1);
  t.regex(refused.stderr, /no basic auth credentials/);
  const wrong = await tsker.run(['login', '-u', 'alice', '--password-stdin', registry.host], { env, input: 'wrong' });
  t.is(wrong.code, 1);
  const failure = `login attempt to ${registry.url}/v2/ failed with status: 401 Unauthorized`;
  t.true(wrong.stderr.includes(failure), wrong.stderr);
  const right = ['login', '-u', 'alice', '--password-stdin', registry.host];
  t.regex(await tsker.ok(right, { env, input: 'wonder:land\n' }), /Login Succeeded$/);
  const { auths } = JSON.parse(readFileSync(join(env.DOCKER_CONFIG, 'config.json'), 'utf8'));
  t.deepEqual(auths, { [registry.host]: { auth: Buffer.from('alice:wonder:land').toString('base64') } });
  t.regex(await tsker.ok(['login', registry.host], { env }), /Login Succeeded$/);

  const pushed = await tsker.ok(['push', name], { env });
  t.regex(pushed, /: Pushed\n1: digest: sha256:[0-9a-f]{64} size: \d+$/);
  t.is(await tsker.ok(['push', '-q', name], { env }), name);
  const id = await tsker.ok(['images', '-q', '--no-trunc', name]);
  await tsker.ok(['rmi', name]);
  await tsker.ok(['pull', name], { env });
  t.is(await tsker.ok(['images', '-q', '--no-trunc', name]), id);

  t.is(await tsker.ok(['logout', registry.host], { env }), `Removing login credentials for ${registry.host}`);
  t.is(await tsker.ok(['logout', registry.host], { env }), `Not logged in to ${registry.host}`);
  t.is((await tsker.run(['pull', name], { env })).code, 1);
});

test.serial('what a registry with tokens gives to be kept is kept instead of the password', async (t) => {
  const tokens = await startTokenServer(t, { users: { alice: 'wonder:land' } });
  const { host } = await startRegistry(t, { token: tokens.token });
  const name = `${host}/cli/token:1`;
  await daemon.tsker.ok(['tag', 'busybox', name]);
  for (const command of [daemon.tsker, daemon.docker()]) {
    const env = { DOCKER_CONFIG: tempdir(t, 'config') };
    await command.ok(['login', '-u', 'alice', '--password-stdin', host], { env, input: 'wonder:land' });
    const { auths } = JSON.parse(readFileSync(join(env.DOCKER_CONFIG, 'config.json'), 'utf8'));
    t.regex(auths[host].identitytoken, /^[0-9a-f]{24}$/);
    t.false(JSON.stringify(auths).includes(Buffer.from('wonder:land').toString('base64').slice(0, 12)));
    tokens.requests.length = 0;
    await command.ok(['push', name], { env });
    await command.ok(['pull', name], { env });
    t.true(tokens.requests.length >= 2);
    t.deepEqual([...new Set(tokens.requests.map(({ method, user }) => `${method} ${user}`))], ['POST alice']);
  }
});

test.serial('the docker command line logs in and pushes', async (t) => {
  const env = { DOCKER_CONFIG: tempdir(t, 'config') };
  const docker = daemon.docker();
  const name = `${registry.host}/cli/docker:1`;
  await docker.ok(['tag', 'busybox', name]);
  await docker.ok(['login', '-u', 'alice', '--password-stdin', registry.host], { env, input: 'wonder:land' });
  t.regex(await docker.ok(['push', name], { env }), /1: digest: sha256:[0-9a-f]{64} size: \d+/);
  t.regex(await daemon.tsker.ok(['login', registry.host], { env }), /Login Succeeded$/, 'they share their credentials');
});

test.serial('a credential helper is asked, told and made to forget', async (t) => {
  const directory = tempdir(t, 'helper');
  const program = join(directory, 'docker-credential-test');
  const store = join(directory, 'stored');
  writeFileSync(
    program,
    `#!/bin/sh\ncase $1 in\nstore) cat > ${store};;\nerase) cat > /dev/null; rm -f ${store};;\nget) cat > /dev/null\nif [ -e ${store} ]; then echo '{"Username":"alice","Secret":"wonder:land"}'; else echo 'credentials not found in native keychain'; exit 1; fi;;\nesac\n`,
  );
  chmodSync(program, 0o755);
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ credsStore: 'test', detachKeys: 'ctrl-x' }));
  const env = { DOCKER_CONFIG: directory, PATH: `${directory}:${process.env['PATH']}` };
  const { tsker } = daemon;
  const name = `${registry.host}/cli/helped:1`;
  await tsker.ok(['tag', 'busybox', name]);
  t.is((await tsker.run(['push', name], { env })).code, 1);
  await tsker.ok(['login', '-u', 'alice', '--password-stdin', registry.host], { env, input: 'wonder:land' });
  t.deepEqual(JSON.parse(readFileSync(store, 'utf8')), {
    ServerURL: registry.host,
    Username: 'alice',
    Secret: 'wonder:land',
  });
  const config = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
  t.deepEqual(config, { credsStore: 'test', detachKeys: 'ctrl-x', auths: { [registry.host]: {} } });
  await tsker.ok(['push', name], { env });
  await tsker.ok(['logout', registry.host], { env });
  t.is((await tsker.run(['push', name], { env })).code, 1);
});

test.serial('a layer comes once for two clients, and no longer when the last of them has hung up', async (t) => {
  const unguarded = await startRegistry(t);
  const tar = makeTar([{ path: 'noise', content: noise('hang up', 3_000_000) }]);
  const layer = makeLayer(tar, { family: 'docker', compression: 'gzip' });
  const image = makeImage({ layers: [layer] });
  await pushImage(image, { url: unguarded.url, name: 'slow', tag: 'latest' });
  const layers = (): string[] =>
    readdirSync(join(daemon.root, 'overlay')).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const present = layers();
  let asked = 0;
  let closed = false;
  const slow = await startFaultyRegistry(t, unguarded.url, ({ path, response }) => {
    if (!path.endsWith(layer.digest)) return false;
    asked += 1;
    response.on('close', () => {
      closed = true;
    });
    response.writeHead(200, { 'content-length': layer.size }).write(layer.bytes().subarray(0, 1_000_000));
    return true;
  });
  const pull = `/images/create?fromImage=${encodeURIComponent(`${slow.host}/slow`)}&tag=latest`;
  const clients = [await daemon.stream('POST', pull), await daemon.stream('POST', pull)];
  const heard = clients.map((client) => {
    const lines = { text: '' };
    client.on('data', (chunk: Buffer) => {
      lines.text += chunk.toString();
    });
    client.on('error', () => undefined);
    return lines;
  });
  await waitFor('both hear of the download', () => heard.every(({ text }) => text.includes('"Downloading"')));
  clients[0]?.destroy();
  t.false(closed);
  t.is(asked, 1);
  t.true(layers().length > present.length);
  clients[1]?.destroy();
  await waitFor('the download ends', () => closed);
  await waitFor('nothing is left of it', () => layers().length === present.length);
  t.is((await daemon.api('GET', `/images/${slow.host}/slow/json`)).status, 404);
});

test.serial('history and tag speak as Docker does', async (t) => {
  const { tsker } = daemon;
  t.regex(await tsker.ok(['history', 'busybox']), /^IMAGE +CREATED +CREATED BY +SIZE +COMMENT\n[0-9a-f]{12} +/);
  t.is((await tsker.ok(['history', '-q', '--no-trunc', 'busybox'])).length, 71);
  const digest = `x@sha256:${'0'.repeat(64)}`;
  const refused = await tsker.run(['tag', 'busybox', digest]);
  t.true(refused.stderr.includes('refusing to create a tag with a digest reference'), refused.stderr);
  t.true((await tsker.run(['tag', 'none', 'x'])).stderr.includes('No such image: none:latest'));
});

test.serial('an image goes from Docker to tsker and back with its id unchanged', async (t) => {
  const docker = await startDocker(t);
  const directory = tempdir(t, 'archives');
  await docker.cli.ok(['import', '-', 'trip:1'], { input: makeTar(await busyboxEntries()) });
  const container = await docker.cli.ok(['run', '-d', 'trip:1', 'sh', '-c', 'mkdir /d; echo x > /d/f; rm /bin/vi']);
  await docker.cli.ok(['wait', container]);
  const id = await docker.cli.ok(['commit', '-c', 'CMD ["cat", "/d/f"]', container, 'trip:2']);
  await docker.cli.ok(['save', '-o', join(directory, 'docker.tar'), 'trip:1', 'trip:2']);

  const { tsker } = daemon;
  await tsker.ok(['load', '-i', join(directory, 'docker.tar')]);
  t.is(await tsker.ok(['images', '-q', '--no-trunc', 'trip:2']), id);
  t.is(await tsker.ok(['run', '--rm', 'trip:2']), 'x');
  await tsker.ok(['save', '-o', join(directory, 'tsker.tar'), 'trip']);

  await docker.cli.ok(['rm', '-f', container]);
  await docker.cli.ok(['rmi', 'trip:1', 'trip:2']);
  await docker.cli.ok(['load', '-i', join(directory, 'tsker.tar')]);
  t.is(await docker.cli.ok(['images', '-q', '--no-trunc', 'trip:2']), id);
  t.is(await docker.cli.ok(['run', '--rm', 'trip:2']), 'x');

  const open = await startRegistry(t);
  await tsker.ok(['tag', 'trip:2', `${open.host}/trip:2`]);
  await tsker.ok(['push', `${open.host}/trip:2`]);
  await docker.cli.ok(['rmi', '-f', id]);
  const port = Number(open.host.split(':')[1]);
  await startRegistry(t, { storage: open.storage, enter: docker.enter, port });
  await docker.cli.ok(['pull', `${open.host}/trip:2`]);
  t.is(await docker.cli.ok(['images', '-q', '--no-trunc', `${open.host}/trip:2`]), id);
});
