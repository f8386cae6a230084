// Archives beside Docker's own: `docker cp` of the same tree byte for byte, and layers that umoci unpacks and Docker loads
// (root, dockerd 20.10, umoci). Needs no network.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openPath, packLayerDiff, packPath } from '../../src/layer/archive.ts';
import { O_DIRECTORY, O_PATH } from '../../src/native/linux.ts';
import { readTree, type Tree } from '../conformance/tree.ts';
import { dockerArchive } from '../helpers/archive.ts';
import { type Image, makeImage, makeLayer } from '../helpers/image.ts';
import { openNative, readAll } from '../helpers/native.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { startDocker } from '../helpers/reference-docker.ts';
import { ok, run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';

const native = openNative();
const suite = suiteOwner(test);
const RICH = join(import.meta.dirname, '../fixtures/layer/rich_tree.py');

const docker = startDocker(suite);
const source = makeTree();

/** Without user xattrs, which Docker leaves out. */
async function makeTree(): Promise<string> {
  const path = tempdir(suite, 'tree');
  await ok(['/usr/bin/python3', RICH, path]);
  const strip =
    'import os\nfor t, d, f in os.walk(os.sys.argv[1]):\n for n in d + f:\n  p = os.path.join(t, n)\n  ' +
    '[os.removexattr(p, x) for x in os.listxattr(p, follow_symlinks=False) if x.startswith("user.")]';
  await ok(['/usr/bin/python3', '-c', strip, path]);
  return path;
}

function openDirectory(t: ExecutionContext, path: string): number {
  const fd = native.open(path, O_PATH | O_DIRECTORY);
  t.teardown(() => native.close(fd));
  return fd;
}

/**
 * Docker 20.10 still wrote the type of a file into its mode and looked up names of owners; 23 and later do neither.
 */
function withoutOldHabits(tar: Buffer): Buffer {
  const out = Buffer.from(tar);
  for (let at = 0; at < out.length && out[at] !== 0; ) {
    const header = out.subarray(at, at + 512);
    const mode = Number.parseInt(header.toString('latin1', 100, 107), 8) & 0o7777;
    header.write(mode.toString(8).padStart(7, '0'), 100, 'latin1');
    header.fill(0, 265, 329);
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    const size = Number.parseInt(header.toString('latin1', 124, 135), 8);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return out;
}

test('docker cp writes the same bytes', async (t) => {
  const path = await source;
  const { cli } = await docker;
  const empty = tempdir(t, 'image');
  await ok(['sh', '-c', 'tar -c -C /bin busybox >"$1/tar"', 'sh', empty]);
  await cli.ok(['import', join(empty, 'tar'), 'busybox']);
  const id = await cli.ok(['create', '-v', `${path}:/tree`, 'busybox', '/busybox', 'true']);
  const root = openDirectory(t, path);
  for (const [theirs, ours] of [
    ['/tree/d', '/d'],
    ['/tree/d/.', '/d/.'],
    ['/tree/sparse', '/sparse'],
    ['/tree/absolute', '/absolute'],
    ['/tree/setuid', '/setuid'],
    ['/tree/.', '/.'],
  ] as const) {
    const expected = await run([cli.path, 'cp', `${id}:${theirs}`, '-'], { env: cli.env });
    t.is(expected.code, 0, expected.stderr);
    const opened = await openPath(native, { root, path: ours });
    const { fd, finished } = packPath(native, opened);
    const tar = await readAll(fd);
    await finished;
    opened.close();
    t.true(withoutOldHabits(expected.bytes).equals(tar), theirs);
  }
  await cli.ok(['rm', id]);
});

interface Diff {
  readonly image: Image;
  /** What the layers make together. */
  readonly merged: Tree;
}

/** An image of two layers, the second packed from an overlay upper directory. */
async function makeDiff(t: ExecutionContext): Promise<Diff> {
  const directory = tempdir(t, 'diff');
  const at = (name: string): string => join(directory, name);
  for (const name of ['upper', 'work', 'merged', 'lower']) mkdirSync(at(name));
  await ok(['cp', '-a', `${await source}/.`, at('lower')]);
  await ok(['rm', join(at('lower'), 'socket')]);
  const options = `lowerdir=${at('lower')},upperdir=${at('upper')},workdir=${at('work')},redirect_dir=off,metacopy=off`;
  await ok(['mount', '-t', 'overlay', 'overlay', '-o', options, at('merged')]);
  const change =
    'cd "$1" && rm -r sticky setuid d && mkdir d && echo x >d/new && chmod 4755 d/new && ln d/new linked && ' +
    'chmod 700 empty && ln -s new d/link && rm fifo && mkdir fifo';
  await ok(['sh', '-c', change, 'sh', at('merged')]);
  const merged = await readTree(at('merged'));
  await ok(['umount', at('merged')]);
  const layers = [];
  for (const name of ['lower', 'upper']) {
    const { fd, finished } = packLayerDiff(native, openDirectory(t, at(name)));
    const tar = await readAll(fd);
    const layer = makeLayer(tar, { family: 'oci', compression: 'gzip' });
    t.is((await finished).digest, layer.diffId);
    layers.push(layer);
  }
  return { image: makeImage({ layers, mediaTypes: 'oci' }), merged };
}

/** Times of directories are what their making left, and overlay numbers inodes as it likes. */
function comparable(tree: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).map(([name, entry]) => {
      const xattrs = Object.entries(entry.xattrs).filter(([key]) => /^(user\.|security\.capability)/.test(key));
      const mtime = entry.mtime.slice(0, -9);
      return [name, { ...entry, blocks: 0, mtime, xattrs: Object.fromEntries(xattrs) }];
    }),
  );
}

test('umoci unpacks a packed layer to what it was', async (t) => {
  const { image, merged } = await makeDiff(t);
  const work = tempdir(t, 'umoci');
  const blobs = join(work, 'layout/blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  for (const blob of [image.manifest, image.config, ...image.layers]) {
    writeFileSync(join(blobs, blob.digest.slice('sha256:'.length)), blob.bytes());
  }
  const annotations = { 'org.opencontainers.image.ref.name': 'diff' };
  const { mediaType, digest, size } = image.manifest;
  const index = { schemaVersion: 2, manifests: [{ mediaType, digest, size, annotations }] };
  writeFileSync(join(work, 'layout/index.json'), JSON.stringify(index));
  writeFileSync(join(work, 'layout/oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await ok(['umoci', 'unpack', '--image', `${join(work, 'layout')}:diff`, join(work, 'bundle')]);
  t.deepEqual(comparable(await readTree(join(work, 'bundle/rootfs'))), comparable(merged));
});

test('Docker loads packed layers and exports the same tree', async (t) => {
  const { image, merged } = await makeDiff(t);
  const { cli } = await docker;
  const work = tempdir(t, 'load');
  writeFileSync(join(work, 'archive'), dockerArchive(image, ['diff:latest']));
  await cli.ok(['load', '-i', join(work, 'archive')]);
  t.is(await cli.ok(['image', 'inspect', '-f', '{{.Id}}', 'diff']), image.config.digest);
  const id = await cli.ok(['create', 'diff', '/none']);
  mkdirSync(join(work, 'root'));
  const script = '"$1" export "$2" | tar -xp --numeric-owner --xattrs --xattrs-include="*" -C "$3"';
  await ok(['sh', '-c', script, 'sh', cli.path, id, join(work, 'root')], { env: cli.env });
  const exported = await readTree(join(work, 'root'));
  // Docker has files of its own in a container, and makes times before 1970 that one.
  const compared = ([name]: [string, unknown]): boolean => name !== 'old' && merged[name] !== undefined;
  const [theirs, ours] = [exported, merged].map((tree) => Object.fromEntries(Object.entries(tree).filter(compared)));
  t.deepEqual(comparable(theirs ?? {}), comparable(ours ?? {}));
  await cli.ok(['rm', id]);
});
