import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { unpackLocal } from '../../../../src/cli/cp/unpack.ts';
import { makeTar, type TarEntry } from '../../../helpers/tar.ts';
import { tempdir } from '../../../helpers/tempdir.ts';

interface World {
  readonly target: string;
  readonly outside: string;
  unpack(entries: readonly TarEntry[], entry?: string, name?: string): Promise<string[]>;
}

function makeWorld(t: ExecutionContext): World {
  const base = tempdir(t, 'unpack');
  const [target, outside] = [join(base, 'target'), join(base, 'outside')];
  for (const path of [target, outside]) mkdirSync(path);
  writeFileSync(join(outside, 'file'), 'untouched', { mode: 0o600 });
  return {
    target,
    outside,
    async unpack(entries, entry = '.', name) {
      const warnings: string[] = [];
      const warn = (message: string): void => void warnings.push(message);
      await unpackLocal(Readable.from([makeTar(entries)]), { directory: target, entry, name, warn });
      return warnings;
    },
  };
}

function isUntouched(t: ExecutionContext, { outside }: World): void {
  t.deepEqual(readdirSync(outside), ['file']);
  t.is(readFileSync(join(outside, 'file'), 'utf8'), 'untouched');
  t.is(lstatSync(join(outside, 'file')).mode & 0o777, 0o600);
  t.is(lstatSync(join(outside, 'file')).nlink, 1);
}

test('a tree is unpacked with its modes and links, under another name', async (t) => {
  const world = makeWorld(t);
  const entries: TarEntry[] = [
    { path: 'd/', type: 'directory', mode: 0o710 },
    { path: 'd/f', content: 'x', mode: 0o664 },
    { path: 'd/l', type: 'symlink', target: '/etc/nowhere' },
    { path: 'd/h', type: 'link', target: 'd/f', mode: 0o664 },
  ];
  t.deepEqual(await world.unpack(entries, 'd', 'e'), []);
  const at = (name: string): string => join(world.target, 'e', name);
  t.is(lstatSync(at('.')).mode & 0o7777, 0o710);
  t.is(lstatSync(at('f')).mode & 0o7777, 0o664);
  t.is(readlinkSync(at('l')), '/etc/nowhere');
  t.is(lstatSync(at('h')).ino, lstatSync(at('f')).ino);
});

test('directories have their times when all is in them, whatever comes after them and into them', async (t) => {
  const world = makeWorld(t);
  mkdirSync(join(world.target, 'there'));
  const directory = (path: string, mtime: number): TarEntry => ({ path, type: 'directory', mode: 0o755, mtime });
  await world.unpack([
    directory('there/', 1000),
    directory('there/new/', 2000),
    directory('there/new/below/', 3000),
    { path: 'there/new/below/f', content: 'x', mtime: 4000 },
    directory('there/last/', 5000),
  ]);
  const times = ['there', 'there/new', 'there/new/below', 'there/new/below/f', 'there/last'].map(
    (path) => lstatSync(join(world.target, path)).mtimeMs / 1000,
  );
  t.deepEqual(times, [1000, 2000, 3000, 4000, 5000]);
});

const LINK = (target: string): TarEntry => ({ path: 'l', type: 'symlink', target });
const ATTACKS: Readonly<Record<string, (outside: string) => TarEntry[]>> = {
  'a file through a link': (outside) => [LINK(outside), { path: 'l/planted', content: 'x' }],
  'a file over one behind a link': (outside) => [LINK(outside), { path: 'l/file', content: 'x' }],
  'a directory over a link': (outside) => [LINK(outside), { path: 'l/', type: 'directory', mode: 0o777 }],
  'a hard link to a file behind a link': (outside) => [
    LINK(join(outside, 'file')),
    { path: 'h', type: 'link', target: 'l' },
  ],
  'a file over a link to a file': (outside) => [LINK(join(outside, 'file')), { path: 'l', content: 'x' }],
  'a name with dots': () => [{ path: '../outside/planted', content: 'x' }],
  'a name with dots below': () => [{ path: 'a/../../outside/planted', content: 'x' }],
  'an absolute name': (outside) => [{ path: join(outside, 'planted'), content: 'x' }],
};

for (const [what, entries] of Object.entries(ATTACKS)) {
  test(`nothing outside of the directory is touched by ${what}`, async (t) => {
    const world = makeWorld(t);
    await t.notThrowsAsync(world.unpack(entries(world.outside)).catch(() => undefined));
    isUntouched(t, world);
  });
}

test('a link of the user in the directory is not followed', async (t) => {
  const world = makeWorld(t);
  symlinkSync(world.outside, join(world.target, 'mine'));
  await t.throwsAsync(world.unpack([{ path: 'mine/file', content: 'x' }]), { message: /nothing is copied through it/ });
  isUntouched(t, world);
});

test('an entry that was not asked for is refused', async (t) => {
  const world = makeWorld(t);
  writeFileSync(join(world.target, 'other'), 'mine');
  const entries = [
    { path: 'asked', content: 'x' },
    { path: 'other', content: 'x' },
  ];
  await t.throwsAsync(world.unpack(entries, 'asked'), { message: /"other", which was not asked for/ });
  t.is(readFileSync(join(world.target, 'other'), 'utf8'), 'mine');
});

test('a directory and something else do not replace each other', async (t) => {
  const world = makeWorld(t);
  mkdirSync(join(world.target, 'd'));
  writeFileSync(join(world.target, 'f'), '');
  await t.throwsAsync(world.unpack([{ path: 'd', content: 'x' }]), { message: /^cannot overwrite directory/ });
  await t.throwsAsync(world.unpack([{ path: 'f/', type: 'directory' }]), {
    message: /^cannot overwrite non-directory/,
  });
});

test('what is no file, directory or link is left out, and said so', async (t) => {
  const world = makeWorld(t);
  const warnings = await world.unpack([
    { path: 'p', type: 'fifo' },
    { path: 'f', content: 'x' },
  ]);
  t.regex(warnings.join(), /p is left out: it is a fifo/);
  t.deepEqual(readdirSync(world.target), ['f']);
});
