// build on tsker's daemon from every client: tsker itself, the docker CLIs as they come, docker-py; what they send, what comes
// back, and what only tsker's own client can do (secrets, SSH agents, changes only, output). Needs root.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { startDaemon } from '../helpers/daemon.ts';
import { type DockerCliName, dockerClis } from '../helpers/docker-cli.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const directory = tempdir(suite, 'build-clients');
const BASE = 'tsker/busybox';

function context(name: string, files: Readonly<Record<string, string>>): string {
  const root = join(directory, name);
  mkdirSync(root, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const daemon = startDaemon(suite);

const SIMPLE = context('simple', {
  Dockerfile: `FROM ${BASE}\nCOPY . /app/\nRUN ls /app > /list\nCMD ["cat", "/list"]\n`,
  '.dockerignore': '*.o\nDockerfile\n',
  'a.c': 'a',
  'a.o': 'o',
  'deep/b.c': 'b',
});

test.before('the base is there', async () => {
  await (await daemon).tsker.ok(['pull', '-q', BASE]);
});

test.serial('tsker builds, says what Docker says, and the image runs', async (t) => {
  const { tsker } = await daemon;
  const built = await tsker.run(['build', '-t', 'simple', SIMPLE]);
  t.is(built.code, 0, built.stderr);
  t.regex(built.stdout, /^Sending build context to tsker daemon {2}\S+\n/);
  t.regex(built.stdout, /^Step 1\/4 : FROM tsker\/busybox$/m);
  t.regex(built.stdout, /^Successfully built [0-9a-f]{12}$/m);
  t.regex(built.stdout, /^Successfully tagged simple:latest$/m);
  t.is(await tsker.ok(['run', '--rm', 'simple']), 'a.c\ndeep');
});

for (const name of ['new', 'old'] as const satisfies readonly DockerCliName[]) {
  const check = needing(test.serial, { [`the ${name} docker CLI`]: dockerClis().includes(name) });
  check(`the ${name} docker CLI builds with the classic builder of itself`, async (t) => {
    const docker = (await daemon).docker(name);
    const { DOCKER_BUILDKIT: _set, ...env } = docker.env;
    const built = await docker.run(['build', '-t', `by-${name}`, '--label', 'a=b', SIMPLE], { env: { ...env } });
    t.is(built.code, 0, built.stderr);
    t.regex(built.stdout, /Successfully built [0-9a-f]{12}/);
    t.is(await docker.ok(['run', '--rm', `by-${name}`]), 'a.c\ndeep');
    t.is(await docker.ok(['inspect', '--format', '{{.Config.Labels.a}}', `by-${name}`]), 'b');
    const quiet = await docker.ok(['build', '-q', SIMPLE]);
    t.regex(quiet, /^sha256:[0-9a-f]{64}$/);
  });
  check(`the ${name} docker CLI ends with the code of the command that failed`, async (t) => {
    const docker = (await daemon).docker(name);
    const failing = context('failing', { Dockerfile: `FROM ${BASE}\nRUN exit 7\n` });
    const built = await docker.run(['build', failing], { env: { DOCKER_BUILDKIT: '0' } });
    t.is(built.code, 7);
    t.regex(built.stderr, /The command '\/bin\/sh -c exit 7' returned a non-zero code: 7/);
  });
  check(`the ${name} docker CLI shows the line of a Dockerfile that is wrong`, async (t) => {
    const docker = (await daemon).docker(name);
    const wrong = context('wrong', { Dockerfile: `FROM ${BASE}\nCOPY --form=x a /b\n` });
    const built = await docker.run(['build', wrong], { env: { DOCKER_BUILDKIT: '0' } });
    t.is(built.code, 1);
    t.regex(built.stderr + built.stdout, /dockerfile parse error line 2: unknown flag: form/i);
    t.regex(built.stderr + built.stdout, /> 2 \| COPY --form=x a \/b/);
  });
}

test.serial('a quiet build says its id alone, and writes it to a file', async (t) => {
  const { tsker } = await daemon;
  const file = join(directory, 'iid');
  const built = await tsker.run(['build', '-q', '--iidfile', file, SIMPLE]);
  t.regex(built.stdout, /^sha256:[0-9a-f]{64}\n$/);
  t.is(readFileSync(file, 'utf8'), built.stdout.trim());
  t.is(await tsker.ok(['run', '--rm', built.stdout.trim()]), 'a.c\ndeep');
});

test.serial('the daemon fetches a Dockerfile or a context from an address', async (t) => {
  const { tsker } = await daemon;
  const tar = execFileSync('tar', ['-C', SIMPLE, '-cJ', '.']);
  const text = `FROM ${BASE}\nCMD ["echo", "from an address"]\n`;
  const server = createHttpServer((request, response) => {
    if (request.url === '/Dockerfile') response.setHeader('Content-Type', 'text/plain').end(text);
    else response.setHeader('Content-Type', 'application/x-xz').end(tar);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  t.teardown(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const built = await tsker.ok(['build', '-t', 'remote', `http://127.0.0.1:${port}/Dockerfile`]);
  t.regex(built, /^Downloading build context from remote url: http/m);
  t.is(await tsker.ok(['run', '--rm', 'remote']), 'from an address');
  await tsker.ok(['build', '-t', 'remote', `http://127.0.0.1:${port}/context`]);
  t.is(await tsker.ok(['run', '--rm', 'remote']), 'a.c\na.o\ndeep', 'as in dockerd, which leaves nothing out');
});

test.serial('on a terminal a step is a line, and its output is gone when it has ended', async (t) => {
  const { tsker } = await daemon;
  const root = context('terminal', { Dockerfile: `FROM ${BASE}\nRUN echo so-it-runs; sleep 1\n` });
  const terminal = tsker.terminal(t, ['build', '-t', 'terminal', root], { rows: 30, columns: 100 });
  await terminal.expect(/ {3}\| so-it-runs/);
  t.is(await terminal.exited, 0);
  t.regex(terminal.shown(), /\[2\/2\] RUN echo so-it-runs; sleep 1[^\n]* \d\.\ds/);
  t.true(terminal.shown().includes('\x1b[J'));
});

test.serial('BuildKit is refused with what to do', async (t) => {
  const answer = await (await daemon).api('POST', '/build?version=2');
  t.is(answer.status, 400);
  t.regex(answer.text, /DOCKER_BUILDKIT=0/);
  for (const path of ['/session', '/grpc']) {
    const refused = await (await daemon).api('POST', path);
    t.is(refused.status, 404);
    t.regex(refused.text, /DOCKER_BUILDKIT=0/);
  }
});

const python = ['python3', '/usr/bin/python3'].find((program) => {
  try {
    execFileSync(program, ['-c', 'import docker'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

needing(test.serial, { 'python3-docker': python !== undefined })('docker-py builds', async (t) => {
  const { socket } = await daemon;
  const program = `
import docker, io
c = docker.DockerClient(base_url='unix://${socket}')
image, log = c.images.build(path='${SIMPLE}', tag='by-py', rm=True, buildargs={'X': '1'})
print(image.tags[0], any('Successfully built' in l.get('stream', '') for l in log))
image, _ = c.images.build(fileobj=io.BytesIO(b'FROM ${BASE}\\nRUN echo hi > /hi'))
print(c.containers.run(image.id, 'cat /hi', remove=True).decode().strip())
try:
    c.images.build(fileobj=io.BytesIO(b'FROM ${BASE}\\nRUN exit 3'))
except docker.errors.BuildError as e:
    print(e.msg)
`;
  const done = await run([python ?? '', '-c', program], { env: { ...process.env, DOCKER_HOST: undefined } });
  t.is(done.code, 0, done.stderr);
  t.deepEqual(done.stdout.trim().split('\n'), [
    'by-py:latest True',
    'hi',
    "The command '/bin/sh -c exit 3' returned a non-zero code: 3",
  ]);
});

test.serial('only what changed is sent, and the image is that of the whole', async (t) => {
  const { tsker, root } = await daemon;
  const files = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`d${n % 4}/f${n}`, 'x'.repeat(5000)]));
  const changing = context('changing', {
    ...files,
    Dockerfile: `FROM ${BASE}\nCOPY . /c/\nRUN cat /c/d1/f1 | tail -c 3\n`,
  });
  const sent = async () => {
    const { code, stdout, stderr } = await tsker.run(['build', '-t', 'changing', changing]);
    t.is(code, 0, stderr);
    return { line: stdout.split('\n')[0] ?? '', stdout };
  };
  // What changed within the last tick of the clock is not trusted.
  await new Promise((done) => setTimeout(done, 150));
  t.regex((await sent()).line, /daemon {2}2\d\d(\.\d+)?kB$/);
  const again = await sent();
  t.regex(again.line, /daemon {2}1.024kB, 45 files unchanged$/);
  t.regex(again.stdout, /Using cache/);
  writeFileSync(join(changing, 'd1/f1'), 'new');
  rmSync(join(changing, 'd2/f2'));
  const third = await sent();
  t.regex(third.line, /daemon {2}[234](\.\d+)?kB, 4\d files unchanged$/);
  t.regex(third.stdout, /new/);
  const listed = await tsker.ok(['run', '--rm', 'changing', 'find', '/c', '-type', 'f']);
  t.is(listed.split('\n').length, 40);
  t.is(readdirSync(join(root, 'contexts')).length > 0, true);
});

test.serial('a secret is there while the command runs, and nowhere afterwards', async (t) => {
  const { tsker, root } = await daemon;
  const secret = 'the-secret-of-this-test';
  const file = join(directory, 'secret');
  writeFileSync(file, secret);
  const root1 = context('secret-build', {
    Dockerfile: `FROM ${BASE}\nRUN --mount=type=secret,id=one grep -q '^the-sec[r]et-of-this-test$' /run/secrets/one\nRUN --mount=type=secret,id=two,target=/t wc -c < /t\n`,
  });
  const args = ['build', '-t', 'with-secret', '--secret', `id=one,src=${file}`, '--secret', 'id=two,env=TWO', root1];
  const built = await tsker.run(args, { env: { TWO: `${secret}!` } });
  t.is(built.code, 0, built.stderr + built.stdout);
  t.regex(built.stdout, new RegExp(`^${secret.length + 1}$`, 'm'));
  const found = await run(['grep', '-rlF', secret, root, '--exclude-dir=proc']);
  t.deepEqual(found.stdout, '', 'it is on the disk');
});

/** What a program that uses an agent does: it asks over the socket, and shows the answer. */
const ASK = `
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
int main(int argc, char **argv) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  char answer[256];
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  strncpy(to.sun_path, argv[2], sizeof to.sun_path - 1);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) return perror(argv[2]), 1;
  write(fd, argv[1], strlen(argv[1]));
  for (ssize_t n; (n = read(fd, answer, sizeof answer)) > 0;) write(1, answer, n);
  puts("");
  return argc - 3;
}
`;

test.serial('an SSH agent of the client answers in the container', async (t) => {
  const { tsker } = await daemon;
  const socket = join(directory, 'agent.sock');
  const asked: string[] = [];
  const agent = createServer((connection) => {
    connection.on('data', (data: Buffer) => {
      asked.push(data.toString());
      connection.end(`answer to ${data.toString()}`);
    });
    connection.on('error', () => undefined);
  });
  agent.listen(socket);
  t.teardown(() => void agent.close());
  const root = context('ssh', {
    Dockerfile: `FROM ${BASE}\nCOPY ask /\nRUN --mount=type=ssh /ask question $SSH_AUTH_SOCK\n`,
    'ask.c': ASK,
  });
  execFileSync('musl-gcc', ['-static', '-o', join(root, 'ask'), join(root, 'ask.c')]);
  const built = await tsker.run(['build', '--ssh', 'default', root], { env: { SSH_AUTH_SOCK: socket } });
  t.is(built.code, 0, built.stderr + built.stdout);
  t.deepEqual(asked, ['question']);
  t.regex(built.stdout, /answer to question/);
});

test.serial('the result goes into a directory or a tar', async (t) => {
  const { tsker } = await daemon;
  const root = context('output', { Dockerfile: 'FROM scratch\nCOPY a /out/a\nCOPY b /b\n', a: 'A', b: 'B' });
  const out = join(directory, 'out');
  await tsker.ok(['build', '-o', out, root]);
  t.deepEqual(readdirSync(out).sort(), ['b', 'out']);
  t.is(readFileSync(join(out, 'out/a'), 'utf8'), 'A');
  const tar = join(directory, 'out.tar');
  await tsker.ok(['build', '-o', `type=tar,dest=${tar}`, root]);
  t.deepEqual(execFileSync('tar', ['-tf', tar]).toString().trim().split('\n').sort(), ['b', 'out/', 'out/a']);
});

test.serial('a failed step keeps its container with --debug, and its shell is opened on a terminal', async (t) => {
  const { tsker } = await daemon;
  const root = context('debug', {
    Dockerfile: `FROM ${BASE}\nENV IN=the-environment\nRUN echo before > /before\nRUN echo here > /left && false\n`,
  });
  const plain = await tsker.run(['build', '--debug', root]);
  t.is(plain.code, 1);
  const name = /kept as (\S+);/.exec(plain.stderr)?.[1] ?? '';
  t.regex(await tsker.ok(['ps', '-aq', '--filter', `name=${name}`]), /^[0-9a-f]{12}$/);
  await tsker.ok(['rm', name]);
  const terminal = tsker.terminal(t, ['build', '--debug', root], { rows: 30, columns: 100 });
  await terminal.expect(/A shell in it:[\s\S]*#/);
  terminal.type('cat /before /left; env\n');
  await terminal.expect(/before\s+here[\s\S]*IN=the-environment/);
  terminal.type('exit\n');
  t.is(await terminal.exited, 1);
  const kept = /kept as (\S+);/.exec(terminal.shown())?.[1] ?? '';
  await tsker.ok(['rm', kept]);
});

test.serial('a client that goes away ends its build, and nothing of the context is left', async (t) => {
  const { tsker, root, api } = await daemon;
  const waiting = context('waiting', { Dockerfile: `FROM ${BASE}\nCOPY a /a\nRUN sleep 98761\n`, a: 'a' });
  const [program = '', ...words] = tsker.path.split(' ');
  const child = spawn(program, [...words, 'build', waiting], { env: tsker.env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  await waitFor('the last step', () => said.includes('sleep 98761'));
  child.kill('SIGKILL');
  await waitFor('the end of the build', () => !execFileSync('ps', ['-eo', 'args']).toString().includes('sleep 98761'));
  const offer = () => api('POST', '/tsker/build/context', { key: `${waiting}\n`, entries: [] });
  await waitFor('the context to be given back', async () => (await offer()).status === 200);
  t.deepEqual(
    existsSync(join(root, 'tmp')) ? readdirSync(join(root, 'tmp')).filter((name) => name.startsWith('build-')) : [],
    [],
  );
});

test.serial('builder prune takes the cache and the contexts, and the next build is whole', async (t) => {
  const { tsker, root } = await daemon;
  await tsker.ok(['build', SIMPLE]);
  const before = readdirSync(join(root, 'contexts')).length;
  const pruned = await tsker.ok(['builder', 'prune', '-af']);
  t.regex(pruned, /^Deleted build cache objects:\n[\s\S]*Total reclaimed space: \d/);
  // One may be held for a client that asked and did not come.
  t.true(readdirSync(join(root, 'contexts')).length < before);
  const again = await tsker.ok(['build', SIMPLE]);
  t.notRegex(again, /unchanged|Using cache/);
  t.is(await tsker.ok(['builder', 'prune', '--force', '--filter', 'until=24h']), 'Total reclaimed space: 0B');
});
