// Which files of a directory are sent, in which order, and as what.
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { compileIgnoreFile } from '../../../../src/builder/ignore/matcher.ts';
import { contextManifest } from '../../../../src/cli/build/manifest.ts';
import { packContext } from '../../../../src/cli/build/pack.ts';
import { type ContextEntry, walkContext } from '../../../../src/cli/build/walk.ts';
import { readTar } from '../../../../src/image/tar-reader.ts';
import { tempdir } from '../../../helpers/tempdir.ts';

const FILES = ['a/x.c', 'a/x.o', 'a/b/deep.c', 'a/b/deep.o', 'n/m/index.js', 'top', 'z/keep'];

function tree(t: ExecutionContext): string {
  const root = tempdir(t, 'walk');
  for (const file of FILES) {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), file);
  }
  return root;
}

function walk(directory: string, ignore: string, always: readonly string[] = []): ContextEntry[] {
  return walkContext({ directory, matcher: compileIgnoreFile(ignore), always: new Set(always) });
}

const CASES: readonly (readonly [ignore: string, sent: string])[] = [
  ['', 'a a/b a/b/deep.c a/b/deep.o a/x.c a/x.o n n/m n/m/index.js top z z/keep'],
  ['n\n**/*.o', 'a a/b a/b/deep.c a/x.c top z z/keep'],
  ['*\n!a/b', 'a a/b a/b/deep.c a/b/deep.o'],
  ['*\n!**/*.c', 'a a/b a/b/deep.c a/x.c'],
  ['a\n!a/b/deep.c', 'a a/b a/b/deep.c n n/m n/m/index.js top z z/keep'],
  ['*', ''],
];

for (const [ignore, sent] of CASES) {
  test(`a .dockerignore of ${JSON.stringify(ignore)} lets through what it should`, (t) => {
    t.is(
      walk(tree(t), ignore)
        .map(({ path }) => path)
        .join(' '),
      sent,
    );
  });
}

test('what the daemon needs is sent although it is ignored, with the directories it is in', (t) => {
  const sent = walk(tree(t), '*', ['a/b/deep.c', 'top']);
  t.deepEqual(
    sent.map(({ path }) => path),
    ['a', 'a/b', 'a/b/deep.c', 'top'],
  );
});

test('an ignored directory is not entered', (t) => {
  const root = tree(t);
  // Looking into it would be an error that root does not get; so it is one whose name no walk survives.
  mkdirSync(join(root, 'n', 'm', 'deeper'));
  const entered: string[] = [];
  const matcher = compileIgnoreFile('n\n');
  const { root: rules } = matcher;
  walkContext({
    directory: root,
    always: new Set(),
    matcher: {
      ...matcher,
      root: {
        ignores: (name) => rules.ignores(name),
        enter: (name) => {
          entered.push(name);
          return rules.enter(name);
        },
      },
    },
  });
  t.deepEqual(entered, ['a', 'n', 'z']);
  t.deepEqual(rules.enter('n').skip, true);
});

test('links and permissions go along, sockets do not', async (t) => {
  const root = tempdir(t, 'kinds');
  symlinkSync('/nowhere', join(root, 'link'));
  writeFileSync(join(root, 'script'), '');
  chmodSync(join(root, 'script'), 0o4711);
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(join(root, 'socket'), resolve);
  await promise;
  t.teardown(() => void server.close());
  t.true(readdirSync(root).includes('socket'));
  const [link, script, ...rest] = walk(root, '');
  t.deepEqual([link?.kind, link?.target, rest], ['link', '/nowhere', []]);
  t.is((script?.stats.mode ?? 0) & 0o7777, 0o4711);
});

test('a directory that is not there is said in words of Docker', (t) => {
  t.throws(() => walk('/nonexistent/of/this/test', ''), {
    message: /^error checking context: can't stat '\/nonexistent\/of\/this\/test'/,
  });
});

test('the tar holds small and large files as they are', async (t) => {
  const root = tempdir(t, 'pack');
  const large = Buffer.alloc(3_000_000, 'large');
  writeFileSync(join(root, 'large'), large);
  writeFileSync(join(root, 'small'), 'small');
  writeFileSync(join(root, 'empty'), '');
  mkdirSync(join(root, 'dir'));
  symlinkSync('small', join(root, 'link'));
  const extra = new Map([['extra', Buffer.from('extra')]]);
  const found: Record<string, unknown> = {};
  for await (const { name, type, target, body } of readTar(
    packContext({ directory: root, entries: walk(root, ''), extra }),
  )) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(Buffer.from(chunk));
    const content = Buffer.concat(chunks);
    found[name] = content.equals(large) ? 'the large one' : `${type} ${target}${content}`;
  }
  t.deepEqual(found, {
    dir: 'directory ',
    empty: 'file ',
    large: 'the large one',
    link: 'symlink small',
    small: 'file small',
    extra: 'file extra',
  });
});

test('a file that is gone when it is read is an error that names it', async (t) => {
  const root = tree(t);
  const entries = walk(root, '').map((entry) => (entry.path === 'top' ? { ...entry, path: 'gone' } : entry));
  const read = async () => {
    for await (const _chunk of packContext({ directory: root, entries, extra: new Map() }));
  };
  await t.throwsAsync(read(), { message: /can't stat '.*\/gone'/ });
});

test('a manifest knows a file again until its state changes, and trusts nothing that changed just now', (t) => {
  const root = tree(t);
  const manifest = (now: number) =>
    new Map(
      contextManifest({ key: 'k', entries: walk(root, ''), extra: new Map(), now }).entries.map(
        ([path, kind, signature]) => [path, `${kind} ${signature}`],
      ),
    );
  const later = Date.now() + 10_000;
  const first = manifest(later);
  t.deepEqual(manifest(later), first);
  t.is(manifest(0).get('top'), 'f ');
  chmodSync(join(root, 'top'), 0o600);
  const second = manifest(later);
  t.not(second.get('top'), first.get('top'));
  t.is(second.get('a/x.c'), first.get('a/x.c'));
});
