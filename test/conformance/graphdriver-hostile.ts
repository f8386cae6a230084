// Conformance of graphdrivers: archives that want out, are broken, or never end. Nothing outside the layer is touched and
// nothing of the layer is left.
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { makeTar, type TarEntry } from '../helpers/tar.ts';
import type { Case, World } from './graphdriver.ts';

/** A directory beside the driver's, whose content the archive tries to reach. */
function victim({ root }: World): { path: string; secret: string } {
  const path = join(root, 'victim');
  mkdirSync(path);
  writeFileSync(join(path, 'secret'), 'safe');
  return { path, secret: join(path, 'secret') };
}

/** Undefined when the descriptor was closed meanwhile: other tests run in this process. */
function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function refused(
  title: string,
  { archive, message }: { archive: readonly TarEntry[] | (() => Uint8Array); message: RegExp },
): Case {
  return [
    `${title} is refused and leaves nothing`,
    async ({ t, driver, layer }) => {
      const bytes = typeof archive === 'function' ? archive() : makeTar(archive);
      await t.throwsAsync(layer(1, bytes), { message });
      t.deepEqual(await driver.list(), []);
    },
  ];
}

const good: TarEntry = { path: 'file', content: 'x'.repeat(5000) };

export const hostileCases: readonly Case[] = [
  refused('a name with ..', { archive: [good, { path: '../victim/new' }], message: /breakout: \.\.\/victim\/new/ }),
  refused('a name that climbs out later', { archive: [{ path: 'a/../../x' }], message: /breakout/ }),
  refused('a whiteout of ..', { archive: [{ path: 'd/.wh...' }], message: /invalid whiteout/ }),
  refused('a hard link out of the root', {
    archive: [{ path: 'x', type: 'link', target: '../../etc/passwd' }],
    message: /breakout/,
  }),
  refused('a file behind a link that leads nowhere', {
    archive: [
      { path: 'l', type: 'symlink', target: '/nowhere' },
      { path: 'l/file', content: 'x' },
    ],
    message: /l\/file: cannot open its directory/,
  }),
  refused('a hard link to nothing', {
    archive: [{ path: 'x', type: 'link', target: 'y' }],
    message: /x: cannot link to y: no such file/,
  }),
  refused('a truncated archive', { archive: () => makeTar([good]).subarray(0, 2000), message: /truncated/ }),
  refused('a truncated gzip stream', {
    archive: () => gzipSync(makeTar([good])).subarray(0, -12),
    message: /corrupt gzip stream: unexpected end/,
  }),
  refused('a gzip stream with a wrong checksum', {
    archive: () => {
      const bytes = gzipSync(makeTar([good]));
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 8) ^ 1, bytes.length - 8);
      return bytes;
    },
    message: /corrupt gzip stream/,
  }),
  refused('what is no archive', { archive: () => Buffer.alloc(5000, 'a'), message: /checksum does not match/ }),
  refused('bzip2', { archive: () => Buffer.from('BZh91AY&SY, as it begins'), message: /bzip2.*not supported/ }),
  refused('xz', { archive: () => Buffer.from('fd377a585a000004', 'hex'), message: /xz.*not supported/ }),
  [
    'absolute names and targets stay within the root',
    async (world) => {
      const { t, layer, contents } = world;
      const { path, secret } = victim(world);
      await layer(1, [
        { path: '/etc/file', content: '1' },
        { path: '//../../up', content: '2' },
        { path: `${path.slice(1)}/`, type: 'directory' },
        { path: 'link', type: 'symlink', target: path },
        { path: 'link/secret', content: 'within' },
        { path: 'hard', type: 'link', target: '/etc/file' },
        { path: 'harder', type: 'link', target: 'link/secret' },
      ]);
      t.is(readFileSync(secret, 'utf8'), 'safe');
      const found = await contents(1);
      t.is(found['etc/file'], '1');
      t.is(found['up'], '2');
      t.is(found['hard'], '1');
      t.is(found[secret.slice(1)], 'within', 'the link leads to the same path below the root');
      t.is(found['harder'], 'within');
    },
  ],
  [
    'a relative link upwards leads to the root and not further',
    async (world) => {
      const { t, layer, contents } = world;
      const { secret } = victim(world);
      await layer(1, [
        { path: 'victim/', type: 'directory' },
        { path: 'up', type: 'symlink', target: '../../../../../../victim' },
        { path: 'up/secret', content: 'within' },
        { path: 'a/b/deep', type: 'symlink', target: '../../../..' },
        { path: 'a/b/deep/top', content: 'x' },
      ]);
      t.is(readFileSync(secret, 'utf8'), 'safe');
      const found = await contents(1);
      t.is(found['top'], 'x');
      t.is(found['victim/secret'], 'within');
    },
  ],
  [
    'a link is replaced, never written through or opened',
    async (world) => {
      const { t, layer, tree } = world;
      const { path, secret } = victim(world);
      await layer(1, [
        { path: 'file', type: 'symlink', target: secret },
        { path: 'file', content: 'mine', mode: 0o4777, uid: 9, xattrs: { 'user.a': 'b' } },
        { path: 'dir', type: 'symlink', target: path },
        { path: 'dir', type: 'directory', mode: 0o700 },
        { path: 'hard', type: 'symlink', target: secret },
        { path: 'copy', type: 'link', target: 'hard' },
      ]);
      t.is(readFileSync(secret, 'utf8'), 'safe');
      const found = await tree(1);
      t.like(found['file'], { kind: 'file', content: 'mine', mode: '0o4777' });
      t.like(found['dir'], { kind: 'directory', mode: '0o700' });
      t.like(found['copy'], { kind: 'symlink', content: secret });
    },
  ],
  [
    'whiteouts and opaque markers behind a link reach nothing outside',
    async (world) => {
      const { t, layer } = world;
      const { path, secret } = victim(world);
      await layer(1, [{ path: 'l', type: 'symlink', target: path }]);
      const above: readonly TarEntry[] = [{ path: 'l/.wh.secret' }, { path: 'l/.wh..wh..opq' }];
      for (const [number, entry] of above.entries()) {
        // Behind a link that leads nowhere in the root there is nothing to hide; a driver may also call it an error.
        await layer(number + 2, [entry], 1).catch((error: unknown) => t.regex(String(error), /not a directory/));
      }
      t.true(existsSync(secret));
    },
  ],
  [
    "overlay's own xattrs in an archive mean nothing",
    async ({ t, layer, contents }) => {
      await layer(1, [{ path: 'd/lower', content: '1' }]);
      const xattrs = { 'trusted.overlay.opaque': 'y', 'trusted.overlay.redirect': '/etc' };
      await layer(
        2,
        [
          { path: 'd/', type: 'directory', xattrs },
          { path: 'd/upper', content: '2' },
        ],
        1,
      );
      t.deepEqual(await contents(2), { 'd/': '', 'd/lower': '1', 'd/upper': '2' });
    },
  ],
  [
    'very deep trees are unpacked, hidden and removed',
    async ({ t, driver, layer, id, contents }) => {
      const deep = Array.from({ length: 600 }, () => 'd').join('/');
      await layer(1, [{ path: `${deep}/file`, content: 'x' }]);
      await layer(2, [{ path: '.wh.d' }], 1);
      t.deepEqual(await contents(2), {});
      await layer(3, [{ path: `${deep}/own`, content: 'y' }, { path: 'd/.wh..wh..opq' }], 1);
      t.deepEqual(Object.keys(await contents(3)).at(-1), `${deep}/own`);
      t.false(`${deep}/file` in (await contents(3)));
      for (const number of [3, 2, 1]) await driver.remove(id(number));
      t.deepEqual(await driver.list(), []);
    },
  ],
  [
    'a stream that stalls can be cancelled, and leaves nothing',
    async ({ t, driver, native, id }) => {
      const pipe = native.pipe();
      const cancel = new AbortController();
      const unpacking = driver.createLayer(id(1), undefined, pipe.read, cancel.signal);
      const outcome = t.throwsAsync(unpacking, { message: /cancelled/ });
      await setTimeout(50);
      cancel.abort();
      await outcome;
      native.close(pipe.write);
      t.deepEqual(await driver.list(), []);
    },
  ],
  [
    'a request that is cancelled already unpacks nothing',
    async ({ t, driver, native, id, root }) => {
      const file = join(root, 'tar');
      writeFileSync(file, makeTar([good]));
      const fd = native.open(file, 0);
      await t.throwsAsync(driver.createLayer(id(1), undefined, fd, AbortSignal.abort()), { message: /cancelled/ });
      t.deepEqual(await driver.list(), []);
      const open = readdirSync('/proc/self/fd').map((one) => readLink(`/proc/self/fd/${one}`));
      t.false(open.includes(file), 'the descriptor was closed');
    },
  ],
];
