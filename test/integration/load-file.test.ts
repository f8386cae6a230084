// Archives that the daemon reads itself: found by the client's word for them, read where they lie, and sent when that cannot be.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import type { ProgressMessage } from '../../src/types/image.ts';
import type { FileIdentity } from '../../src/util/file-identity.ts';
import { dockerArchive, ociArchive } from '../helpers/archive.ts';
import { startDaemon } from '../helpers/daemon.ts';
import { makeImage } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { makeTar } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { type Engine, startEngine } from './image.harness.ts';

const native = openNative();

const IMAGE = makeImage({
  layers: [
    { entries: [{ path: 'a', content: 'a'.repeat(3_000_000) }] },
    { entries: [{ path: 'b', content: 'b' }] },
    { entries: [{ path: '.wh.a' }] },
  ],
});

function identityOf(path: string): FileIdentity {
  const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
  return { Path: path, Device: `${dev}`, Inode: `${ino}`, Size: `${size}`, Modified: `${mtimeNs}` };
}

async function loadFile({ service }: Engine, file: FileIdentity): Promise<ProgressMessage[]> {
  const messages: ProgressMessage[] = [];
  const emit = (message: ProgressMessage): void => void messages.push(message);
  await service.loadFile({ file, quiet: false }, { emit, signal: new AbortController().signal });
  return messages;
}

for (const [what, archive, driver] of [
  ['of docker save', dockerArchive(IMAGE, ['load/file:1']), 'overlay'],
  ['of docker save, for vfs', dockerArchive(IMAGE, ['load/file:1']), 'vfs'],
  ['of docker save, gzipped', gzipSync(dockerArchive(IMAGE, ['load/file:1'])), 'overlay'],
  ['that is an OCI layout', ociArchive(IMAGE, ['load/file:1']), 'overlay'],
] as const) {
  test(`an archive ${what} is loaded where it lies`, async (t) => {
    const engine = await startEngine(t, { native, driver });
    const path = join(tempdir(t, 'load-file'), 'archive.tar');
    writeFileSync(path, archive);
    const messages = await loadFile(engine, identityOf(path));
    t.is(engine.images.resolve('load/file:1').id, IMAGE.config.digest);
    t.deepEqual(messages.at(-1), { stream: 'Loaded image: load/file:1\n' });
    t.true(messages.some(({ status }) => status === 'Loading layer'));
    const tmp = join(engine.root, 'tmp');
    t.deepEqual(existsSync(tmp) ? readdirSync(tmp) : [], [], 'nothing is left of a spool');
    await engine.service.remove({ name: IMAGE.config.digest, force: true, prune: true });
    t.deepEqual(engine.leftovers(), []);
  });
}

test('another file than the client sees is none', async (t) => {
  const engine = await startEngine(t, { native });
  const directory = tempdir(t, 'load-file');
  const path = join(directory, 'archive.tar');
  writeFileSync(path, dockerArchive(IMAGE, ['load/file:2']));
  const identity = identityOf(path);
  const notSeen = { code: 'not_found', message: /^the daemon does not see that file: / };
  for (const field of ['Device', 'Inode', 'Size', 'Modified'] as const) {
    await t.throwsAsync(loadFile(engine, { ...identity, [field]: `${BigInt(identity[field]) + 1n}` }), notSeen, field);
  }
  await t.throwsAsync(loadFile(engine, { ...identity, Path: join(directory, 'nosuch') }), notSeen);
  await t.throwsAsync(loadFile(engine, identityOf(directory)), notSeen, 'a directory');
  await t.throwsAsync(loadFile(engine, identityOf('/dev/null')), notSeen, 'a device');
});

test('a file that is cut, or holds another blob than its name says, leaves nothing', async (t) => {
  const engine = await startEngine(t, { native });
  const directory = tempdir(t, 'load-file');
  const whole = dockerArchive(IMAGE, ['load/bad:1']);
  const config = Buffer.from('{}');
  const name = `blobs/sha256/${createHash('sha256').update('other').digest('hex')}`;
  const manifest = JSON.stringify([{ Config: name, RepoTags: null, Layers: [] }]);
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['cut', whole.subarray(0, 2_000_000), /unexpected EOF/],
    [
      'renamed',
      makeTar([
        { path: name, content: config },
        { path: 'manifest.json', content: manifest },
      ]),
      /has another digest/,
    ],
  ];
  for (const [what, bytes, message] of cases) {
    const path = join(directory, what);
    writeFileSync(path, bytes);
    await t.throwsAsync(loadFile(engine, identityOf(path)), { code: 'corrupt', message }, what);
  }
  t.deepEqual(engine.leftovers(), []);
});

test('tsker load -i has the daemon read the file, and sends it to one that does not', async (t) => {
  const daemon = await startDaemon(t);
  const path = join(tempdir(t, 'load-file'), 'archive.tar');
  writeFileSync(path, dockerArchive(IMAGE, ['load/cli:1']));
  const shown = await daemon.tsker.run(['--show-api', 'load', '-i', path]);
  t.deepEqual([shown.code, shown.stdout], [0, 'Loaded image: load/cli:1\n']);
  t.regex(shown.stderr, /\/tsker\/images\/load/);
  t.notRegex(shown.stderr, /[^r]\/images\/load/);

  const piped = await daemon.tsker.run(['load'], { input: dockerArchive(IMAGE, ['load/cli:2']) });
  t.deepEqual([piped.code, piped.stdout], [0, 'Loaded image: load/cli:2\n']);
  rmSync(path);
  const missing = await daemon.tsker.run(['load', '-i', path]);
  t.is(missing.code, 1);
  t.regex(missing.stderr, /no such file or directory/);
});
