import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test from 'ava';
import { decompress } from '../../../src/image/decompress.ts';
import { readTar } from '../../../src/image/tar-reader.ts';
import { tarEnd, tarHeader, tarPadding } from '../../../src/image/tar-writer.ts';
import { makeTar, type TarEntry } from '../../helpers/tar.ts';
import { tempdir } from '../../helpers/tempdir.ts';

const LONG = `${'directory/'.repeat(20)}file`;

/** In chunks of `size` bytes, so that every boundary is crossed. */
async function* chunks(bytes: Buffer, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(
  source: AsyncIterable<Uint8Array>,
): Promise<{ name: string; type: string; text: string; target: string }[]> {
  const found = [];
  for await (const { name, type, target, body } of readTar(source)) {
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    found.push({ name, type, target, text: Buffer.concat(parts).toString() });
  }
  return found;
}

const ENTRIES: TarEntry[] = [
  { path: './a/', type: 'directory' },
  { path: 'a/b', content: 'hello' },
  { path: 'empty' },
  { path: LONG, content: 'x'.repeat(1000) },
  { path: LONG.replace('file', 'gnu'), content: 'y', long: 'gnu' },
  { path: 'link', type: 'symlink', target: '../elsewhere' },
  { path: 'hard', type: 'link', target: 'a/b' },
  { path: 'null', type: 'character', major: 1, minor: 3 },
];

for (const size of [1, 7, 511, 512, 513, 100_000]) {
  test(`entries are the same in chunks of ${size} bytes`, async (t) => {
    const found = await read(chunks(makeTar(ENTRIES), size));
    t.deepEqual(
      found.map(({ name, type }) => [name, type]),
      [
        ['a', 'directory'],
        ['a/b', 'file'],
        ['empty', 'file'],
        [LONG, 'file'],
        [LONG.replace('file', 'gnu'), 'file'],
        ['link', 'symlink'],
        ['hard', 'link'],
        ['null', 'other'],
      ],
    );
    t.is(found[1]?.text, 'hello');
    t.is(found[3]?.text.length, 1000);
    t.is(found[5]?.target, '../elsewhere');
  });
}

test('a body that is not read is skipped', async (t) => {
  const names = [];
  for await (const entry of readTar(chunks(makeTar(ENTRIES), 100))) names.push(entry.name);
  t.is(names.length, ENTRIES.length);
});

for (const format of ['gnu', 'pax', 'ustar', 'v7']) {
  test(`what tar --format=${format} writes is read`, async (t) => {
    const directory = tempdir(t, 'tar');
    mkdirSync(join(directory, 'sub'));
    writeFileSync(join(directory, 'sub/file'), 'content');
    symlinkSync('sub/file', join(directory, 'link'));
    const archive = execFileSync('tar', ['-c', `--format=${format}`, '-C', directory, '.']);
    const found = await read(chunks(archive, 1000));
    t.is(found.find(({ name }) => name === 'sub/file')?.text, 'content');
    t.is(found.find(({ name }) => name === 'link')?.target, 'sub/file');
  });
}

const EVIL: readonly (readonly [string, Buffer])[] = [
  ['a name with ..', makeTar([{ path: '../x', content: 'a' }])],
  ['a name with .. inside', makeTar([{ path: 'a/../../x', content: 'a' }])],
  ['an absolute name', makeTar([{ path: '/etc/passwd', content: 'a' }])],
  ['an end in the middle of a file', makeTar([{ path: 'a', content: 'x'.repeat(5000) }]).subarray(0, 1000)],
  ['an end in the middle of a header', makeTar([{ path: 'a' }]).subarray(0, 100)],
  ['a wrong checksum', Buffer.alloc(1024, 'x')],
  ['a size that is negative', withSize('\xff'.repeat(12))],
  ['a size beyond any', withSize(`\x80${'\xff'.repeat(11)}`)],
  ['a size that is no number', withSize('zzz')],
];

for (const [what, archive] of EVIL) {
  test(`${what} is refused`, async (t) => {
    await t.throwsAsync(read(chunks(archive)), { code: 'corrupt' });
  });
}

test('endless zeros after the end are not read for ever', async (t) => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(1024 * 1024);
  }
  await t.throwsAsync(read(endless()), { code: 'corrupt' });
});

test('an archive is unpacked by what its first bytes say', async (t) => {
  const archive = makeTar(ENTRIES);
  for (const bytes of [archive, gzipSync(archive), zstdCompressSync(archive)]) {
    t.is((await read(decompress(chunks(bytes, 3)))).length, ENTRIES.length);
  }
  t.deepEqual(await read(decompress(chunks(Buffer.alloc(0)))), []);
});

test('a damaged gzip is corrupt, a cut one too', async (t) => {
  const packed = gzipSync(makeTar([{ path: 'a', content: 'x'.repeat(50_000) }]));
  const damaged = Buffer.from(packed).fill(0xff, 40, 60);
  await t.throwsAsync(read(decompress(chunks(damaged))), { code: 'corrupt' });
  await t.throwsAsync(read(decompress(chunks(packed.subarray(0, 60)))), { code: 'corrupt' });
});

test('bzip2 and xz are refused with what to do', async (t) => {
  for (const magic of [Buffer.from('BZh91AY&SY'), Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0])]) {
    const error = await t.throwsAsync(read(decompress(chunks(magic))), { code: 'unsupported' });
    t.truthy(error !== undefined && 'hint' in error && error.hint);
  }
});

test('what the writer writes the reader and tar read', async (t) => {
  const content = Buffer.from('content');
  const facts = { mode: 0o644, mtime: 0 };
  const archive = Buffer.concat([
    tarHeader({ name: LONG, type: 'file', size: content.length, ...facts }),
    content,
    tarPadding(content.length),
    tarHeader({ name: 'link', type: 'symlink', target: LONG, ...facts }),
    tarEnd(),
  ]);
  t.deepEqual(
    (await read(chunks(archive))).map(({ name, text, target }) => [name, text, target]),
    [
      [LONG, 'content', ''],
      ['link', '', LONG],
    ],
  );
  t.is(execFileSync('tar', ['-t'], { input: archive, encoding: 'utf8' }), `${LONG}\nlink\n`);
});

/** A header with these bytes for a size, and a right checksum. */
function withSize(size: string): Buffer {
  const archive = Buffer.from(makeTar([{ path: 'a' }]));
  archive.fill(0, 124, 136).write(size, 124, 12, 'latin1');
  archive.fill(' ', 148, 156);
  const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return archive;
}
