// Contexts as the daemon receives them: tars in every compression, hostile ones, repositories, addresses, and trees that only
// changes are sent for. Needs root; git, xz and bzip2 where their part is tested. Nothing leaves the machine.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import type { ContextRequest } from '../../src/builder/context/context.ts';
import { contextReceiver } from '../../src/builder/context/receive.ts';
import { ContextStore } from '../../src/builder/context/store/store.ts';
import { removeWorkspaces } from '../../src/builder/context/workspace.ts';
import { openNative } from '../helpers/native.ts';
import { ok } from '../helpers/run.ts';
import { makeTar } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';

const native = openNative();

function engine(t: ExecutionContext) {
  const root = tempdir(t, 'root');
  const tmp = join(root, 'tmp');
  const store = new ContextStore({ native, root: join(root, 'contexts') });
  const receive = contextReceiver({ native, tmp, userAgent: 'test', store });
  const said: string[] = [];
  return {
    ...{ root, tmp, store, said },
    receive: (request: Partial<ContextRequest> & { readonly tar?: Uint8Array }) =>
      receive({
        body: pieces(request.tar ?? new Uint8Array()),
        remote: undefined,
        token: undefined,
        dockerfile: undefined,
        output: { send: ({ stream }) => void said.push(stream) },
        signal: new AbortController().signal,
        ...request,
      }),
  };
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

const SMALL = makeTar([
  { path: 'Dockerfile', content: 'FROM scratch\n' },
  { path: 'src/', type: 'directory' },
  { path: 'src/a', content: 'a', uid: 1000, gid: 1000, mode: 0o4755 },
]);

const COMPRESSIONS: Readonly<Record<string, (t: ExecutionContext) => Promise<Uint8Array> | Uint8Array>> = {
  nothing: () => SMALL,
  gzip: () => gzipSync(SMALL),
  zstd: () => zstdCompressSync(SMALL),
  bzip2: (t) => through(t, ['bzip2', '-k']),
  xz: (t) => through(t, ['xz', '-k']),
};

async function through(t: ExecutionContext, [program = '', ...flags]: readonly string[]): Promise<Uint8Array> {
  const directory = tempdir(t, 'compress');
  writeFileSync(join(directory, 'tar'), SMALL);
  await ok([program, ...flags, join(directory, 'tar')]);
  const made = readdirSync(directory).find((name) => name !== 'tar') ?? '';
  return readFileSync(join(directory, made));
}

for (const [name, compress] of Object.entries(COMPRESSIONS)) {
  test(`a context compressed by ${name} becomes a tree that belongs to root, and leaves nothing`, async (t) => {
    const { receive, tmp } = engine(t);
    const context = await receive({ tar: await compress(t) });
    t.deepEqual(context.dockerfile, { name: 'Dockerfile', text: 'FROM scratch\n' });
    const { uid, mode } = statSync(join(context.root, 'src/a'));
    t.deepEqual([uid, mode & 0o7777], [0, 0o4755]);
    await context.release();
    t.deepEqual(readdirSync(tmp), []);
  });
}

const REFUSED: readonly (readonly [
  string,
  Partial<ContextRequest> & { readonly tar?: Uint8Array },
  string | RegExp,
])[] = [
  ['no bytes', {}, 'Cannot locate specified Dockerfile: Dockerfile'],
  ['no Dockerfile of that name', { tar: SMALL, dockerfile: 'other' }, 'Cannot locate specified Dockerfile: other'],
  [
    'an empty Dockerfile',
    { tar: makeTar([{ path: 'x', content: '' }]), dockerfile: 'x' },
    'the Dockerfile (x) cannot be empty',
  ],
  ['a directory', { tar: SMALL, dockerfile: 'src' }, 'read src: is a directory'],
  [
    'a link that leads nowhere',
    { tar: makeTar([{ path: 'Dockerfile', type: 'symlink', target: '/etc/passwd' }]) },
    'Cannot locate specified Dockerfile: Dockerfile',
  ],
  ['what is no tar', { tar: Buffer.alloc(2048, 'FROM scratch\n') }, /^Error processing tar file\(exit status 1\): /],
  ['a tar that is cut off', { tar: SMALL.subarray(0, 515) }, /^Error processing tar file\(exit status 1\): /],
  ['a damaged xz', { tar: Buffer.concat([Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), Buffer.alloc(600)]) }, /xz/],
  [
    'an unknown remote',
    { remote: 'ftp://example.org/x' },
    'remoteURL (ftp://example.org/x) could not be recognized as URL',
  ],
  ["a session of BuildKit's", { remote: 'client-session' }, /BuildKit/],
  ['a token that nobody gave', { token: 'x' }, /no such build context/],
];

for (const [name, request, message] of REFUSED) {
  test(`refused, with nothing left: ${name}`, async (t) => {
    const { receive, tmp } = engine(t);
    await t.throwsAsync(receive(request), { message });
    t.deepEqual(existsSync(tmp) ? readdirSync(tmp) : [], []);
  });
}

test('a Dockerfile in small letters is found, and links to it are followed within the context', async (t) => {
  const { receive } = engine(t);
  const small = await receive({ tar: makeTar([{ path: 'dockerfile', content: 'FROM a\n' }]) });
  t.deepEqual(small.dockerfile, { name: 'dockerfile', text: 'FROM a\n' });
  const linked = await receive({
    tar: makeTar([
      { path: 'Dockerfile', type: 'symlink', target: '/in/../in/file' },
      { path: 'in/file', content: 'FROM b\n' },
    ]),
  });
  t.is(linked.dockerfile.text, 'FROM b\n');
});

test('what the ignore file says is taken out is only the Dockerfile and itself, as in dockerd', async (t) => {
  const { receive } = engine(t);
  const entries = [
    { path: 'Dockerfile', content: 'FROM a\n' },
    { path: '.dockerignore', content: '*\n!kept\n' },
    { path: 'kept', content: '' },
    { path: 'sent', content: '' },
  ];
  const context = await receive({ tar: makeTar(entries) });
  t.deepEqual(readdirSync(context.root), ['kept', 'sent']);
});

test('nothing in a tar leads out of the tree', async (t) => {
  const { receive } = engine(t);
  const outside = tempdir(t, 'outside');
  const tar = makeTar([
    { path: 'Dockerfile', content: 'FROM a\n' },
    { path: 'out', type: 'symlink', target: outside },
    { path: 'out/planted', content: 'x' },
  ]);
  await t.throwsAsync(receive({ tar }), { message: /out\/planted/ });
  t.deepEqual(readdirSync(outside), []);
});

test('what a killed daemon left is removed', async (t) => {
  const { receive, tmp } = engine(t);
  await receive({ tar: SMALL });
  t.is(readdirSync(tmp).length, 1);
  await removeWorkspaces(native, tmp);
  t.deepEqual(readdirSync(tmp), []);
});

async function repository(t: ExecutionContext): Promise<{ readonly url: string; readonly commit: string }> {
  const base = tempdir(t, 'git');
  const work = join(base, 'work');
  mkdirSync(join(work, 'sub/folder'), { recursive: true });
  writeFileSync(join(work, 'Dockerfile'), 'FROM main\n');
  writeFileSync(join(work, 'sub/folder/Dockerfile'), 'FROM folder\n');
  symlinkSync('/etc', join(work, 'out'));
  const git = (...words: string[]) =>
    ok(['git', '-c', 'user.name=t', '-c', 'user.email=t@example.org', '-C', work, ...words]);
  await ok(['git', 'init', '-q', '-b', 'main', work]);
  await git('add', '.');
  await git('commit', '-q', '-m', 'one');
  const commit = await git('rev-parse', 'HEAD');
  await git('checkout', '-q', '-b', 'other');
  writeFileSync(join(work, 'Dockerfile'), 'FROM other\n');
  await git('commit', '-q', '-am', 'two');
  await git('tag', 'v1');
  await git('checkout', '-q', 'main');
  await ok(['git', 'clone', '-q', '--bare', work, join(base, 'project.git')]);
  await ok(['git', '-C', join(base, 'project.git'), 'update-server-info']);
  const url = await serve(t, (path) => {
    const file = join(base, path);
    return existsSync(file) && statSync(file).isFile() ? { type: 'text/plain', body: readFileSync(file) } : undefined;
  });
  return { url: `${url}/project.git`, commit };
}

interface Served {
  readonly type?: string;
  readonly body: Uint8Array;
}

async function serve(t: ExecutionContext, answer: (path: string) => Served | undefined): Promise<string> {
  const server = createServer((request, response) => {
    const found = answer(new URL(request.url ?? '', 'http://x').pathname);
    if (found === undefined) return response.writeHead(404).end();
    return response.writeHead(200, found.type === undefined ? {} : { 'Content-Type': found.type }).end(found.body);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  t.teardown(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

test('a repository is a context: its HEAD, a branch, a tag, a commit, a folder of it', async (t) => {
  const { receive } = engine(t);
  const { url, commit } = await repository(t);
  const from = async (fragment: string) => (await receive({ remote: `${url}${fragment}` })).dockerfile.text;
  t.is(await from(''), 'FROM main\n');
  t.is(await from('#other'), 'FROM other\n');
  t.is(await from('#v1'), 'FROM other\n');
  t.is(await from(':sub/folder'.replace(':', '#:')), 'FROM folder\n');
  t.is(await from('#main:sub/folder'), 'FROM folder\n');
  // Without the smart protocol git asks for whole branches only, and a commit is found among what came.
  await t.notThrowsAsync(from(`#${commit}`).catch((error: Error) => t.regex(error.message, /^error fetching/)));
  await t.throwsAsync(from('#absent'), { message: /^error fetching: .*absent/s });
  await t.throwsAsync(from('#main:out'), { message: 'error setting git context, "out" not within git root' });
  await t.throwsAsync(from('#main:absent'), { message: /no such folder/ });
  await t.throwsAsync(from('#--upload-pack=x'), { message: 'invalid refspec: --upload-pack=x' });
});

test.serial('without git on the host the message says so', async (t) => {
  const { receive, tmp } = engine(t);
  const path = process.env['PATH'];
  t.teardown(() => {
    process.env['PATH'] = path;
  });
  process.env['PATH'] = tempdir(t, 'empty');
  await t.throwsAsync(receive({ remote: 'git://127.0.0.1:1/x.git' }), {
    message: "unable to find 'git' on the daemon's host",
  });
  process.env['PATH'] = path;
  t.deepEqual(readdirSync(tmp), []);
});

test('an address is a context: an archive, or the text of a Dockerfile', async (t) => {
  const { receive, said } = engine(t);
  const text = Buffer.from('FROM address\n');
  const served: Readonly<Record<string, Served>> = {
    '/tar': { type: 'application/x-tar', body: SMALL },
    '/gzip': { body: gzipSync(SMALL) },
    '/unknown': { body: SMALL },
    '/text': { type: 'text/plain; charset=utf-8', body: text },
    '/untold': { body: text },
    '/page': { type: 'text/html', body: text },
  };
  const url = await serve(t, (path) => served[path]);
  for (const path of ['/tar', '/gzip', '/unknown']) {
    const context = await receive({ remote: url + path });
    t.deepEqual(readdirSync(context.root), ['Dockerfile', 'src'], path);
  }
  for (const path of ['/text', '/untold']) {
    const context = await receive({ remote: url + path });
    t.deepEqual([context.dockerfile.text, readdirSync(context.root)], ['FROM address\n', []], path);
  }
  t.is(said[0], `Downloading build context from remote url: ${url}/tar\n`);
  await t.throwsAsync(receive({ remote: `${url}/page` }), { message: 'unsupported Content-Type "text/html"' });
  await t.throwsAsync(receive({ remote: `${url}/absent` }), { message: `failed to GET ${url}/absent with status 404` });
});

test('of a stored context only what changed is sent', async (t) => {
  const { receive, store, root } = engine(t);
  const build = async (tar: Uint8Array, entries: readonly (readonly [string, string, string])[]) => {
    const { token, missing } = await store.offer({ key: 'k', entries });
    const context = await receive({ token, tar });
    return { missing, context, names: readdirSync(context.root) };
  };
  const first = await build(SMALL, [
    ['Dockerfile', 'f', '1'],
    ['src', 'd', '1'],
    ['src/a', 'f', '1'],
  ]);
  t.deepEqual(
    [first.missing, first.names],
    [
      [0, 1, 2],
      ['Dockerfile', 'src'],
    ],
  );
  await t.throwsAsync(store.offer({ key: 'k', entries: [] }), { message: 'another build uses this context' });
  await first.context.release();

  const none = await build(makeTar([]), [
    ['Dockerfile', 'f', '1'],
    ['src', 'd', '1'],
    ['src/a', 'f', '1'],
  ]);
  t.deepEqual([none.missing, none.context.dockerfile.text], [[], 'FROM scratch\n']);
  await none.context.release();

  const changed = makeTar([
    { path: 'src/', type: 'directory' },
    { path: 'src/b', content: 'b' },
  ]);
  const third = await build(changed, [
    ['Dockerfile', 'f', '1'],
    ['src', 'd', '1'],
    ['src/b', 'f', '1'],
  ]);
  t.deepEqual(third.missing, [1, 2]);
  t.deepEqual(readdirSync(join(third.context.root, 'src')), ['b']);
  await third.context.release();

  const kinds = await build(makeTar([{ path: 'src', type: 'symlink', target: '/etc' }]), [
    ['Dockerfile', 'f', '1'],
    ['src', 'l', '1'],
  ]);
  t.true(lstatSync(join(kinds.context.root, 'src')).isSymbolicLink());
  await kinds.context.release();
  const kept = await store.list();
  t.deepEqual(
    kept.map(({ inUse }) => inUse),
    [false],
  );
  for (const { name } of kept) t.true(await store.remove(name));
  t.deepEqual(readdirSync(join(root, 'contexts')), []);
});

test('a stored context that did not come whole is sent whole the next time', async (t) => {
  const { receive, store } = engine(t);
  const entries = [
    ['Dockerfile', 'f', '1'],
    ['src', 'd', '1'],
    ['src/a', 'f', ''],
  ];
  const first = await store.offer({ key: 'k', entries });
  await (await receive({ token: first.token, tar: SMALL })).release();
  const second = await store.offer({ key: 'k', entries });
  t.deepEqual(second.missing, [1, 2], 'what changed too lately is sent again');
  await t.throwsAsync(receive({ token: second.token, tar: makeTar([]) }), { message: /has 0 entries where 2/ });
  const third = await store.offer({ key: 'k', entries });
  t.deepEqual(third.missing, [0, 1, 2]);
});

test('a hostile manifest is refused', async (t) => {
  const { store } = engine(t);
  for (const path of ['', '/etc', '../x', 'a/../b', 'a//b', 'a/', './a', 'absent/a', 'a\0', '.wh.a', '.']) {
    await t.throwsAsync(store.offer({ key: 'k', entries: [[path, 'f', '1']] }), { message: /^invalid manifest/ }, path);
  }
  for (const document of [undefined, null, 3, [], { key: 'k' }, { key: '', entries: [] }, { key: 'k', entries: [1] }]) {
    await t.throwsAsync(store.offer(document), { message: /^invalid manifest/ });
  }
});

test('a directory of a stored context that became a link is not followed when things are taken out of it', async (t) => {
  const { receive, store } = engine(t);
  const outside = tempdir(t, 'outside');
  writeFileSync(join(outside, 'precious'), '');
  const lie = makeTar([
    { path: 'Dockerfile', content: 'FROM a\n' },
    { path: 'dir', type: 'symlink', target: outside },
    { path: 'x', content: '' },
  ]);
  const entries = [
    ['Dockerfile', 'f', '1'],
    ['dir', 'd', '1'],
    ['dir/precious', 'f', '1'],
  ];
  const first = await store.offer({ key: 'k', entries });
  await (await receive({ token: first.token, tar: lie })).release();
  const second = await store.offer({ key: 'k', entries: entries.slice(0, 2) });
  await receive({ token: second.token, tar: makeTar([{ path: 'dir/', type: 'directory' }]) });
  t.deepEqual(readdirSync(outside), ['precious']);
});
