// The same arguments of build through the docker CLI's classic builder and through tsker must ask for the same build and send
// the same files. A server that writes down what it is asked stands in for the daemon. Needs: a docker CLI.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import anyTest, { type TestFn } from 'ava';
import { readTar } from '../../src/image/tar-reader.ts';
import { tskerCommand } from '../helpers/daemon.ts';
import { dockerCli, dockerClis, engineCli } from '../helpers/docker-cli.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { tempdir } from '../helpers/tempdir.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const [client = 'old'] = dockerClis();
const directory = tempdir(suite, 'build-agreement');
const id = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** A context with everything that .dockerignore files are about. */
function makeContext(name: string, ignore: string | undefined): string {
  const root = join(directory, name);
  for (const folder of ['src/deep/deeper', 'docs', 'node_modules/a', 'empty'])
    mkdirSync(join(root, folder), { recursive: true });
  const files = ['src/main.c', 'src/main.o', 'src/deep/x.c', 'src/deep/deeper/y.c', 'docs/a.md', 'docs/README.md'];
  for (const file of [...files, 'node_modules/a/index.js', 'README.md', 'é ü', 'other.Dockerfile']) {
    writeFileSync(join(root, file), file);
  }
  writeFileSync(join(root, 'Dockerfile'), 'FROM scratch\n');
  writeFileSync(join(root, 'script'), '#!/bin/sh\n');
  chmodSync(join(root, 'script'), 0o4755);
  writeFileSync(join(root, 'large'), Buffer.alloc(700_000, 'large'));
  writeFileSync(join(root, `${'n'.repeat(120)}`), 'a name that is long');
  symlinkSync('src/main.c', join(root, 'link'));
  symlinkSync('/absent/on/purpose', join(root, 'dangling'));
  execFileSync('mkfifo', ['-m', '640', join(root, 'fifo')]);
  if (ignore !== undefined) writeFileSync(join(root, '.dockerignore'), ignore);
  return root;
}

const PLAIN = makeContext('plain', undefined);
const outside = join(directory, 'Outside.Dockerfile');
writeFileSync(outside, 'FROM outside\n');

/** Words after `build`, `␣` is a space in one. */
const CASES: readonly string[] = [
  PLAIN,
  `-t one -t two:2 -f ${PLAIN}/other.Dockerfile ${PLAIN}`,
  `-f ${outside} ${PLAIN}`,
  `-q --no-cache --pull --force-rm --squash ${PLAIN}`,
  `--rm=false ${PLAIN}`,
  `--build-arg A=1 --build-arg FROM_HERE --build-arg NOWHERE --build-arg B=a=b --label x=y --label z ${PLAIN}`,
  `--target t --network host --cache-from a,b --cache-from c --platform linux/AMD64 ${PLAIN}`,
  `--network default --isolation default ${PLAIN}`,
  `--add-host a:1.2.3.4 --add-host b:::1 --shm-size 64m --cgroup-parent /x --security-opt seccomp=unconfined ${PLAIN}`,
  `-m 64m --memory-swap -1 -c 5 --cpu-period 1000 --cpu-quota 500 --cpuset-cpus 0 --cpuset-mems 0 ${PLAIN}`,
  `--ulimit nofile=10:20 --ulimit core=-1 ${PLAIN}`,
  `--compress ${PLAIN}`,
];

/** Where an exception is below an ignored directory tsker sends more, on purpose (builder/README.md). */
const IGNORES: readonly string[] = [
  '',
  '# nothing\n\n',
  'node_modules\n*.md\n',
  '**/*.o\n**/README.md\n!README.md\n',
  '*\n!src\n!Dockerfile\n',
  '*\n!src\nsrc/*.o\n',
  'src/**\n!src/deep/x.c\n',
  'Dockerfile\n.dockerignore\n',
  '/docs/\nsrc/dee?\n[a-m]*\n',
  'docs/../src/deep\n./empty\n',
  '**\n',
];

interface Recorded {
  readonly query: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, string>>;
}

/** What 20.10 spells out and later clients leave to the daemon. */
const UNSAID = new Set(['', '0', '{}', '[]', 'null', 'networkmode=default', 'rm=1']);
const JSON_WORDS = new Set(['buildargs', 'labels', 'ulimits', 'cachefrom']);

function startRecorder() {
  const socket = join(directory, 'recorder.sock');
  let last: Recorded | undefined;
  const server: Server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const url = new URL(request.url ?? '', 'http://x');
    response.setHeader('Api-Version', '1.51').setHeader('Ostype', 'linux').setHeader('Builder-Version', '1');
    response.setHeader('Content-Type', 'application/json');
    // The docker CLI leaves --squash out unless the daemon is experimental.
    response.setHeader('Docker-Experimental', 'true');
    if (url.pathname.endsWith('/build') && request.method === 'POST') {
      last = { query: queryOf(url), files: await filesOf(Buffer.concat(pieces)) };
      response.end(`${JSON.stringify({ aux: { ID: id } })}\r\n${JSON.stringify({ stream: `${id}\n` })}\r\n`);
    } else if (url.pathname.startsWith('/tsker/')) {
      response.writeHead(404).end('{"message":"page not found"}');
    } else {
      response.end('{}');
    }
  });
  server.listen(socket);
  suite.teardown(() => void server.close());
  return {
    socket,
    take(): Recorded | undefined {
      const taken = last;
      last = undefined;
      return taken;
    },
  };
}

function queryOf(url: URL): Recorded['query'] {
  const found: Record<string, unknown> = {};
  // The builder's version is what a classic client says it does not ask for more than.
  for (const name of new Set(url.searchParams.keys())) {
    if (name === 'version') continue;
    const values = url.searchParams.getAll(name);
    if (client === 'old' && (UNSAID.has(values.join()) || UNSAID.has(`${name}=${values}`))) continue;
    if (JSON_WORDS.has(name)) found[name] = inOrder(JSON.parse(values[0] ?? ''));
    else found[name] = values.map((value) => value.replace(/^\.dockerfile\.[0-9a-f]{20}$/, '.dockerfile.X'));
  }
  return found;
}

/** The docker CLI keeps ulimits in a map of no order. */
function inOrder(value: unknown): unknown {
  const name = (one: { readonly Name?: string } | string): string => (typeof one === 'string' ? one : (one.Name ?? ''));
  return Array.isArray(value) ? value.toSorted((a, b) => (name(a) < name(b) ? -1 : 1)) : value;
}

async function filesOf(body: Buffer): Promise<Recorded['files']> {
  // Docker's client does not pad the last file where it puts a Dockerfile of its own in.
  const tar = Buffer.concat([body[0] === 0x1f ? gunzipSync(body) : body, Buffer.alloc(2048)]);
  const found: Record<string, string> = {};
  async function* source() {
    yield tar;
  }
  for await (const entry of readTar(source())) {
    let text = '';
    for await (const chunk of entry.body) text += Buffer.from(chunk).toString();
    const name = entry.name.replace(/^\.dockerfile\.[0-9a-f]{20}$/, '.dockerfile.X');
    if (name === '' || name === '.') continue;
    found[name] = `${entry.type} ${entry.target} ${text.replaceAll(/\.dockerfile\.[0-9a-f]{20}/g, '.dockerfile.X')}`;
  }
  return found;
}

const recorder = startRecorder();
const env = {
  ...process.env,
  TSKER_HOST: `unix://${recorder.socket}`,
  FROM_HERE: 'taken',
  HOME: directory,
  DOCKER_CONFIG: directory,
};
const tsker = engineCli(tskerCommand(env), env);

async function both(args: readonly string[], options: { readonly input?: string | Uint8Array } = {}) {
  const surroundings = {
    timeout: 60_000,
    cwd: directory,
    env: { FROM_HERE: 'taken', DOCKER_BUILDKIT: '0' },
    ...options,
  };
  const theirs = await dockerCli(recorder.socket, directory, client).run(args, surroundings);
  const asked = recorder.take();
  const ours = await tsker.run(args, surroundings);
  return { theirs, ours, asked, got: recorder.take() };
}

for (const line of CASES) {
  test.serial(`docker and tsker ask for the same build: ${line.replaceAll(directory, '…')}`, async (t) => {
    const { theirs, ours, asked, got } = await both([
      'build',
      ...line.split(' ').map((word) => word.replaceAll('␣', ' ')),
    ]);
    t.is(theirs.code, 0, theirs.stderr);
    t.is(ours.code, 0, ours.stderr);
    t.deepEqual(got?.query, asked?.query);
    t.deepEqual(got?.files, asked?.files);
  });
}

for (const [number, ignore] of IGNORES.entries()) {
  test.serial(`docker and tsker send the same files with .dockerignore ${JSON.stringify(ignore)}`, async (t) => {
    const { theirs, ours, asked, got } = await both(['build', makeContext(`ignore-${number}`, ignore)]);
    t.is(theirs.code, 0, theirs.stderr);
    t.is(ours.code, 0, ours.stderr);
    // A directory that is ignored and holds what is not comes along with tsker: it has its own mode then.
    const names = (files: Recorded['files'] | undefined) =>
      Object.entries(files ?? {}).filter(([, text]) => !text.startsWith('directory'));
    t.deepEqual(Object.fromEntries(names(got?.files)), Object.fromEntries(names(asked?.files)));
  });
}

test.serial(`standard input is a Dockerfile, an archive, or the Dockerfile of a directory`, async (t) => {
  const archive = execFileSync('tar', ['-C', PLAIN, '-cz', 'Dockerfile', 'src']);
  for (const [args, input] of [
    [['build', '-'], 'FROM stdin\n'],
    [['build', '-'], archive],
    [['build', '-f', 'src/main.c', '-'], archive],
    [['build', '-f', '-', PLAIN], 'FROM stdin\n'],
  ] as const) {
    const { theirs, ours, asked, got } = await both(args, { input });
    t.is(theirs.code, 0, theirs.stderr);
    t.is(ours.code, 0, ours.stderr);
    t.deepEqual(got, asked, args.join(' '));
  }
});

const REFUSED: readonly (readonly string[])[] = [
  ['build', join(directory, 'absent')],
  ['build', outside],
  ['build', '-f', 'absent', PLAIN],
  ['build', '-f', '-', '-'],
];

for (const args of REFUSED) {
  test.serial(
    `docker and tsker refuse with the same words: ${args.join(' ').replaceAll(directory, '…')}`,
    async (t) => {
      const { theirs, ours } = await both(args, { input: 'FROM x\n' });
      t.not(ours.code, 0);
      t.not(theirs.code, 0);
      const said = theirs.stderr.split('\n').findLast((line) => line.trim() !== '') ?? '';
      t.is(ours.stderr.split('\n')[0]?.replace(/^tsker: /, ''), said);
    },
  );
}

test.serial(`the id goes to --iidfile, and alone to standard output with -q`, async (t) => {
  const file = join(directory, 'iid');
  const { theirs, ours } = await both(['build', '-q', '--iidfile', file, PLAIN]);
  t.is(theirs.code, 0, theirs.stderr);
  t.is(ours.stdout, `${id}\n`);
  t.is(readFileSync(file, 'utf8'), id);
});
