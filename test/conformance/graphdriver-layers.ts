// Conformance of graphdrivers: what a layer holds after it was unpacked, alone and on top of others.
import { makeTar, type TarEntry } from '../helpers/tar.ts';
import type { Case } from './graphdriver.ts';

/** CAP_NET_RAW+ep, revision 2 (linux/capability.h). */
const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex');

const ALL_KINDS: readonly TarEntry[] = [
  { path: 'bin/', type: 'directory', mode: 0o755, mtime: 1_600_000_000.1234567 },
  { path: 'bin/su', mode: 0o4755, content: 'setuid', mtime: 1_600_000_001.5 },
  { path: 'bin/wall', mode: 0o2755, uid: 0, gid: 5, content: 'setgid' },
  { path: 'bin/ping', mode: 0o755, content: 'ping', xattrs: { 'security.capability': CAPABILITY, 'user.note': 'x' } },
  { path: 'bin/ping4', type: 'link', target: 'bin/ping' },
  { path: 'bin/sh', type: 'symlink', target: '/bin/su', uid: 7, gid: 8, mtime: 1_500_000_000.25 },
  { path: 'tmp', type: 'directory', mode: 0o1777 },
  { path: 'dev/null', type: 'character', major: 1, minor: 3, mode: 0o666 },
  { path: 'dev/sda', type: 'block', major: 8, minor: 0, mode: 0o660, gid: 6 },
  { path: 'dev/fifo', type: 'fifo', mode: 0o600 },
  { path: 'home/me', type: 'directory', uid: 3_000_000_000, gid: 1000, mode: 0o700 },
];

export const layerCases: readonly Case[] = [
  [
    'every kind of entry keeps all its metadata',
    async ({ t, layer, tree }) => {
      await layer(1, ALL_KINDS);
      const found = await tree(1);
      const at = (name: string) => found[name];
      t.like(at('bin'), { kind: 'directory', mode: '0o755', mtime: '1600000000123456700' });
      t.like(at('bin/su'), { mode: '0o4755', mtime: '1600000001500000000', content: 'setuid' });
      t.like(at('bin/wall'), { mode: '0o2755', owner: '0:5' });
      t.deepEqual(at('bin/ping')?.xattrs, {
        'security.capability': CAPABILITY.toString('base64'),
        'user.note': Buffer.from('x').toString('base64'),
      });
      t.deepEqual(at('bin/ping')?.links, ['bin/ping', 'bin/ping4']);
      t.like(at('bin/sh'), { kind: 'symlink', content: '/bin/su', owner: '7:8', mtime: '1500000000250000000' });
      t.like(at('tmp'), { kind: 'directory', mode: '0o1777' });
      t.like(at('dev/null'), { kind: 'character', device: '1:3', mode: '0o666' });
      t.like(at('dev/sda'), { kind: 'block', device: '8:0', owner: '0:6' });
      t.like(at('dev/fifo'), { kind: 'fifo', mode: '0o600' });
      t.like(at('home/me'), { owner: '3000000000:1000', mode: '0o700' });
      t.like(at('home'), { kind: 'directory', mode: '0o755', owner: '0:0' }, 'a directory the archive leaves out');
    },
  ],
  [
    'a second layer keeps the metadata of the first',
    async ({ t, layer, tree }) => {
      await layer(1, ALL_KINDS);
      await layer(2, [{ path: 'added', content: 'x' }], 1);
      const [below, above] = [await tree(1), await tree(2)];
      for (const [name, { blocks: _, ...entry }] of Object.entries(below)) t.like(above[name], entry, name);
      t.is(Object.keys(above).length, Object.keys(below).length + 1);
    },
  ],
  [
    'long names and targets, by pax and by GNU tar',
    async ({ t, layer, tree }) => {
      const long = (letter: string): string => `${letter.repeat(200)}/${letter.repeat(200)}`;
      await layer(1, [
        { path: long('p'), content: 'pax' },
        { path: long('g'), content: 'gnu', long: 'gnu' },
        { path: 'pax', type: 'symlink', target: long('p') },
        { path: 'gnu', type: 'symlink', target: long('g'), long: 'gnu' },
        { path: 'hard', type: 'link', target: long('g'), long: 'gnu' },
      ]);
      const found = await tree(1);
      t.is(found[long('p')]?.content, 'pax');
      t.is(found[long('g')]?.content, 'gnu');
      t.is(found['pax']?.content, long('p'));
      t.is(found['gnu']?.content, long('g'));
      t.deepEqual(found['hard']?.links, [long('g'), 'hard']);
    },
  ],
  [
    'whiteouts hide files, directories and links of the layers below',
    async ({ t, layer, contents }) => {
      await layer(1, [
        { path: 'a/file', content: '1' },
        { path: 'a/keep', content: '2' },
        { path: 'b/c/d', content: '3' },
      ]);
      await layer(2, [{ path: 'link', type: 'symlink', target: 'a' }], 1);
      await layer(3, [{ path: 'a/.wh.file' }, { path: '.wh.b' }, { path: '.wh.link' }, { path: 'a/.wh.never-was' }], 2);
      t.deepEqual(await contents(3), { 'a/': '', 'a/keep': '2' });
      t.deepEqual(Object.keys(await contents(2)), ['a/', 'a/file', 'a/keep', 'b/', 'b/c/', 'b/c/d', 'link']);
    },
  ],
  [
    'a name can come back above its whiteout',
    async ({ t, layer, contents }) => {
      await layer(1, [
        { path: 'd/old', content: '1' },
        { path: 'f', content: '1' },
      ]);
      await layer(2, [{ path: '.wh.d' }, { path: '.wh.f' }], 1);
      await layer(
        3,
        [
          { path: 'd/', type: 'directory' },
          { path: 'd/new', content: '3' },
          { path: 'f', content: '3' },
        ],
        2,
      );
      t.deepEqual(await contents(2), {});
      t.deepEqual(await contents(3), { 'd/': '', 'd/new': '3', f: '3' });
    },
  ],
  [
    'an opaque directory hides what is below it and nothing of its own layer, wherever the marker stands',
    async ({ t, layer, contents }) => {
      await layer(1, [
        { path: 'd/old', content: '1' },
        { path: 'd/sub/old', content: '1' },
        { path: 'e/old', content: '1' },
      ]);
      const own: readonly TarEntry[] = [
        { path: 'd/', type: 'directory' },
        { path: 'd/new', content: '2' },
        { path: 'd/sub/new', content: '2' },
      ];
      await layer(2, [{ path: 'd/.wh..wh..opq' }, ...own], 1);
      await layer(3, [...own, { path: 'd/.wh..wh..opq' }], 1);
      const expected = { 'd/': '', 'd/new': '2', 'd/sub/': '', 'd/sub/new': '2', 'e/': '', 'e/old': '1' };
      t.deepEqual(await contents(2), expected);
      t.deepEqual(await contents(3), expected);
    },
  ],
  [
    'a whiteout and a directory of the same name in one layer replace the directory below',
    async ({ t, layer, contents }) => {
      await layer(1, [{ path: 'd/old', content: '1' }]);
      const own: readonly TarEntry[] = [
        { path: 'd/', type: 'directory' },
        { path: 'd/new', content: '2' },
      ];
      await layer(2, [{ path: '.wh.d' }, ...own], 1);
      await layer(3, [...own, { path: '.wh.d' }], 1);
      t.deepEqual(await contents(2), { 'd/': '', 'd/new': '2' });
      t.deepEqual(await contents(3), { 'd/': '', 'd/new': '2' });
    },
  ],
  [
    'entries replace what has their name: file, directory, link, in the layer and below',
    async ({ t, layer, contents }) => {
      await layer(1, [
        { path: 'file', content: '1' },
        { path: 'dir/in', content: '1' },
        { path: 'link', type: 'symlink', target: 'file' },
      ]);
      await layer(
        2,
        [
          { path: 'file/', type: 'directory' },
          { path: 'file/in', content: '2' },
          { path: 'dir', content: '2' },
          { path: 'link', content: '2' },
          { path: 'twice', content: 'first' },
          { path: 'twice', content: 'second' },
        ],
        1,
      );
      t.deepEqual(await contents(2), { 'file/': '', 'file/in': '2', dir: '2', link: '2', twice: 'second' });
      t.deepEqual(await contents(1), { 'dir/': '', 'dir/in': '1', file: '1', link: 'file' });
    },
  ],
  [
    'a directory that comes again takes the new metadata and keeps its content',
    async ({ t, layer, tree }) => {
      await layer(1, [
        { path: 'd/', type: 'directory', mode: 0o755 },
        { path: 'd/in', content: '1' },
      ]);
      await layer(2, [{ path: 'd/', type: 'directory', mode: 0o700, uid: 5, mtime: 1_000_000_000 }], 1);
      const found = await tree(2);
      t.like(found['d'], { mode: '0o700', owner: '5:0', mtime: '1000000000000000000' });
      t.is(found['d/in']?.content, '1');
    },
  ],
  [
    'bookkeeping of aufs is left out',
    async ({ t, layer, contents }) => {
      await layer(1, [
        { path: '.wh..wh.plnk/', type: 'directory' },
        { path: '.wh..wh.plnk/1.2', content: 'x' },
        { path: '.wh..wh.aufs' },
        { path: 'd/.wh..wh.orph/', type: 'directory' },
        { path: 'file', content: '1' },
      ]);
      t.deepEqual(await contents(1), { file: '1' });
    },
  ],
  [
    'bytes after the end of the archive count for the digest only',
    async ({ t, layer, contents }) => {
      const tar = makeTar([{ path: 'file', content: '1' }]);
      const padded = await layer(1, Buffer.concat([tar, Buffer.alloc(10240), Buffer.from('trailer')]));
      const unpadded = await layer(2, tar.subarray(0, tar.length - 1024));
      t.not(padded.digestTar, unpadded.digestTar);
      t.is(padded.bytesTar, tar.length + 10240 + 7);
      t.deepEqual([await contents(1), await contents(2)], [{ file: '1' }, { file: '1' }]);
    },
  ],
];
